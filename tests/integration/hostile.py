"""What a stranger may write into an alert. Each of them acts in some chat where it is not disarmed."""

import re

ONE_LINE = [
    "@all @here @channel @anna @anna.smith, @soc-team: (@dba) _@anna_ x.@anna ~town-square",
    "http://evil.test/a HTTPS://evil.test www.evil.test evil.test/x ftp://evil.test",
    "mailto:a@evil.test mattermost://evil.test mattermost:xy tel:123456 mallory@evil.test",
    "[click](https://evil.test/) <https://evil.test/> <a@evil.test> <x:/y> <https://evil.test|click>",
    "![pixel](https://evil.test/p.png) :bomb: :+1: :) :-D :( <3 ;-)",
    "**bold** __bold__ *em* _em_ ~~del~~ ***both*** `code` ``code``",
    "<b>x</b> <script>alert(1)</script> <img src=x onerror=alert(1)> <!-- x --> </div>",
    "&lt;b&gt; &commat;channel &#64;here &#x40;all &amp; &",
    "$$x^2$$ $y$ #hashtag #one-two é#accent …#dots é~town-square",
    "<!channel> <!here> <!all> <@U123> <evil|@all>",
    r"C:\Windows\@all \@here \\@channel \[x](https://evil.test) \*em\* \\*em\\* end\\",
    "＠channel @\u200bchannel \u202e@channel\u202c @\u2060all @\ufeffhere \uff03tag",
]
LINES = [
    "[ref]: https://evil.test/", "[ref] [click][ref] ![pixel][ref]",
    "", "# heading", "#heading", "## two ##", "### three", "line", "===", "line", "---", "", "***",
    "___", "- one", "* two", "+ three", "1. four", "2) five", "- [x] done", "> quote", ">> quote", "",
    "| a | b |", "|---|---|", "| c | d |", "a | b", ":-|-:", "",
    "```latex", "x^2", "```", "~~~", "code", "~~~", "", "    code", "\tcode",
    "<div>", "@all", "</div>",
]
TEXT = "\n".join([*ONE_LINE, *LINES])


def visible(text):
    """Without what cannot be seen, and each run of blanks as one."""
    return re.sub(r"\s+", " ", text.translate({ord(mark): None for mark in "\u200b\u202e\u202c"})).strip()
