/* What tocsin starts for a sink with `isolation: process`; no command for people. */
#include "sink/sink_host.h"

#include "base/error.h"
#include "cmd/command.h"
#include "lane/child.h"
#include "lane/confinement.h"

/* argv: the sink's name, which is for people who look at the processes, and the plugin's file. */
int cmd_sink_host(const struct command *command, int argc, char **argv)
{
    auto_error struct error error = {0};

    if (argc != 2)
        return command_usage(command, "this is started by tocsin itself");
    if (!confine_process(&error)) {
        sink_host_refuse(CHILD_SOCKET, error_text(&error));
        return EXIT_UNDONE;
    }
    return sink_host_serve(argv[1], CHILD_SOCKET) ? EXIT_FINE : EXIT_UNDONE;
}
