"""Makes the completions for bash, zsh and fish of `tocsin help --json`."""

import shlex

SOURCES = {"@sink": "sinks", "@hook": "hooks", "@plugin": "plugins"}
HEAD = "# Made by docs/manual/completion.py of what `tocsin help --json` says.\n"


def parts_of(described, name):
    return [command["name"].split()[1] for command in described["commands"]
            if command["name"].startswith(name + " ")]


def first_words(described):
    return [command for command in described["commands"] if " " not in command["name"]]


# bash --------------------------------------------------------------------------------------

BASH = r'''
# What a value is completed by: words, or one of @file @folder @sink @hook @plugin.
_tocsin_offer() {
    local IFS=$'\n' names=
    case $1 in
        @file) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -f -- "$2")) ;;
        @folder) compopt -o filenames 2>/dev/null; COMPREPLY=($(compgen -d -- "$2")) ;;
        @*)
            names=$(command "${COMP_WORDS[0]}" names "${1#@}s" $_tocsin_config 2>/dev/null)
            COMPREPLY=($(compgen -W "$names" -- "$2")) ;;
        *) COMPREPLY=($(IFS=' '; compgen -W "$1" -- "$2")) ;;
    esac
}

_tocsin() {
    local current=${COMP_WORDS[COMP_CWORD]} before= command= _tocsin_config= at
    COMPREPLY=()
    [ "$COMP_CWORD" -gt 0 ] && before=${COMP_WORDS[COMP_CWORD - 1]}
    for ((at = 1; at < COMP_CWORD; at++)); do
        case ${COMP_WORDS[at]} in
            -c) _tocsin_config=${COMP_WORDS[at + 1]} ;;
        esac
    done
    [ "$COMP_CWORD" -gt 1 ] && command=${COMP_WORDS[1]}
    [ "$command" = plugin ] && [ "$COMP_CWORD" -gt 2 ] && command="plugin ${COMP_WORDS[2]}"
    [ "$command" = help ] && command=
    case "$command $before" in
@VALUES@    esac
    case "$command" in
@COMMANDS@    esac
}

complete -F _tocsin tocsin
'''


def bash(described):
    values, commands = "", ""
    for command in described["commands"]:
        name = command["name"]
        for option in command["options"]:
            if option["value"]:
                offered = f"_tocsin_offer {shlex.quote(option['words'])} \"$current\"; " \
                    if option["words"] else ""
                values += f"        {shlex.quote(name + ' ' + option['name'])}) {offered}return ;;\n"
        options = " ".join(option["name"] for option in command["options"]) + " --help"
        operands = " ".join(parts_of(described, name)) if command["has_parts"] else command["operands"]
        offer = f"_tocsin_offer {shlex.quote(operands)} \"$current\"" if operands else ":"
        commands += (f"        {shlex.quote(name)})\n"
                     f"            case $current in -*) _tocsin_offer {shlex.quote(options)} "
                     f"\"$current\" ;; *) {offer} ;; esac ;;\n")
    words = " ".join(command["name"] for command in first_words(described))
    commands += f"        '') _tocsin_offer {shlex.quote(words + ' --help --version')} \"$current\" ;;\n"
    return HEAD + BASH.replace("@VALUES@", values).replace("@COMMANDS@", commands)


# zsh ---------------------------------------------------------------------------------------

ZSH = r'''
_tocsin_names() {
    local -a names
    local at=${words[(i)-c]} file=
    (( at < CURRENT )) && file=${words[at + 1]}
    names=(${(f)"$(command tocsin names $1 $file 2>/dev/null)"})
    compadd -a names
}

_tocsin_commands() {
    local -a commands=(
@WORDS@    )
    _describe command commands
}

_tocsin_plugin() {
    local -a parts=(
@PARTS@    )
    local curcontext=$curcontext state line
    _arguments -C '1: :->part' '*:: :->rest'
    case $state in
        part) _describe command parts ;;
        rest) _tocsin_of "plugin $words[1]" ;;
    esac
}

_tocsin_of() {
    case $1 in
@COMMANDS@        plugin) _tocsin_plugin ;;
    esac
}

_tocsin() {
    local curcontext=$curcontext state line
    _arguments -C '(- *)--help[what there is]' '(- *)--version[which it is]' '1: :->command' '*:: :->rest'
    case $state in
        command) _tocsin_commands ;;
        rest) _tocsin_of $words[1] ;;
    esac
}

_tocsin "$@"
'''


def zsh_text(text):
    return text.replace("\\", "\\\\").replace("[", "\\[").replace("]", "\\]").replace(":", "\\:")


def zsh_action(words):
    if not words:
        return " "
    if words in SOURCES:
        return f" _tocsin_names {SOURCES[words]}"  # the blank: no arguments but these
    return {"@file": "_files", "@folder": "_files -/"}.get(words, f"({words})")


def zsh_describe(command, word):
    return f"        {shlex.quote(word + ':' + zsh_text(command['help']))}\n"


def zsh_arguments(command):
    specs = []
    for option in command["options"]:
        spec = f"*{option['name']}[{zsh_text(option['help'])}]"
        if option["value"]:
            spec += f":{zsh_text(option['value'])}:{zsh_action(option['words'])}"
        specs.append(spec)
    specs.append("--help[what it does and takes]")
    specs.append(f"*: :{zsh_action(command['operands'])}")
    return " ".join(map(shlex.quote, specs))


def zsh(described):
    words = "".join(zsh_describe(command, command["name"]) for command in first_words(described))
    parts = "".join(zsh_describe(command, command["name"].split()[1])
                    for command in described["commands"] if command["name"].startswith("plugin "))
    cases = "".join(
        f"        {shlex.quote(command['name'])}) _arguments {zsh_arguments(command)} ;;\n"
        for command in described["commands"] if not command["has_parts"] and command["name"] != "help")
    cases += "        help) _arguments '1: :_tocsin_commands' ;;\n"
    return "#compdef tocsin\n" + HEAD + ZSH.replace("@WORDS@", words).replace(
        "@PARTS@", parts).replace("@COMMANDS@", cases)


# fish --------------------------------------------------------------------------------------

FISH = r'''
# Names out of the configuration that the line names, or the usual one.
function __tocsin_names
    set -l words (commandline -opc)
    set -l at (contains -i -- -c $words)
    set -l file
    if test -n "$at"; and test (count $words) -gt $at
        set -l there (math $at + 1)
        set file $words[$there]
    end
    command tocsin names $argv[1] $file 2>/dev/null
end

# Whether the line's command is that one: one word, or two.
function __tocsin_is
    set -l words (commandline -opc)
    test (count $words) -gt (count $argv); or return 1
    for at in (seq (count $argv))
        set -l there (math $at + 1)
        test "$words[$there]" = "$argv[$at]"; or return 1
    end
end

# Whether the line's next word is the command's part.
function __tocsin_wants_part
    set -l words (commandline -opc)
    test (count $words) -eq 2; and test "$words[2]" = "$argv[1]"
end

complete -c tocsin -f
complete -c tocsin -n __fish_use_subcommand -l help -d 'what there is'
complete -c tocsin -n __fish_use_subcommand -l version -d 'which it is'
'''


def fish_quote(text):
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def fish_words(words):
    if words in SOURCES:
        return f" -a '(__tocsin_names {SOURCES[words]})'"
    if words == "@file":
        return " -F"
    if words == "@folder":
        return " -a '(__fish_complete_directories)'"
    return f" -a {fish_quote(words)}" if words else ""


def fish_option(name):
    return f"-l {name[2:]}" if name.startswith("--") else f"-s {name[1:]}"


def fish(described):
    lines = []
    for command in described["commands"]:
        words = command["name"].split()
        when = "__fish_use_subcommand" if len(words) == 1 else f"'__tocsin_wants_part {words[0]}'"
        lines.append(f"complete -c tocsin -n {when} -a {words[-1]} -d {fish_quote(command['help'])}")
        here = f"complete -c tocsin -n '__tocsin_is {command['name']}'"
        for option in command["options"]:
            takes = " -x" + fish_words(option["words"]) if option["value"] else ""
            takes = takes.replace(" -x -F", " -r -F")
            lines.append(f"{here} {fish_option(option['name'])}{takes} -d {fish_quote(option['help'])}")
        if not command["has_parts"]:
            lines.append(f"{here} -l help -d 'what it does and takes'")
        if command["operands"]:
            lines.append(here + fish_words(command["operands"]))
    names = " ".join(command["name"] for command in first_words(described))
    lines.append(f"complete -c tocsin -n '__tocsin_is help' -a {fish_quote(names)}")
    return HEAD + FISH + "\n".join(lines) + "\n"
