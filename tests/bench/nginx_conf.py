"""What nginx is told so that it is the far ends: the Alert API and the sinks. It needs the echo module."""

TOKEN = 3000  # nginx takes no longer word than 4096 bytes, escapes included

FRAME = """\
daemon off;
worker_processes 1;
worker_rlimit_nofile 16384;
pid nginx.pid;
pcre_jit on;
error_log stderr error;
events {{ worker_connections 8192; }}
http {{
    access_log off;
    keepalive_requests 1000000000;
    keepalive_timeout 3600;
    client_header_timeout 3600;
    # A body stays in memory and in one piece: the id is looked for in it.
    client_body_buffer_size 256k;
    client_body_in_single_buffer on;
    client_max_body_size 1m;
    client_body_temp_path body;
    proxy_temp_path proxy; fastcgi_temp_path fastcgi; uwsgi_temp_path uwsgi; scgi_temp_path scgi;
    {tls}
    # Looked for only when a line is logged, by a pattern that was compiled (pcre_jit): cheap.
    map $request_body $id {{
        default -;
        "~(?<found>[0-9a-f]{{8}}-0000-4000-[89]000-[0-9]{{12}})" $found;
    }}
    log_format ids "$msec $id";
    log_format look_ups "$msec $status $uuid";
{maps}
    limit_conn_zone $uuid zone=objects:4m;
    limit_conn_status 508;
{servers}
}}
"""

API = """\
    server {{
        listen 127.0.0.1:{port}{ssl} backlog=4096;
        default_type application/json;
        # More than `at_once` look-ups of one object at a time get 508, which stands in the log.
        location ~ "^/api/v1/sic/alerts/(?<uuid>[0-9a-f-]{{36}})$" {{
            limit_conn objects {at_once};
            access_log {log} look_ups buffer=64k flush=50ms;
            {sleep}
            {answer}
        }}
        location @alert {{
            access_log {log} look_ups buffer=64k flush=50ms;
            {whole}
        }}
    }}
"""

# `echo_read_request_body` reads the body, which `return` alone would throw away; the named place then
# answers with a length and in one write, as Mattermost does. A proxy_pass to itself would double the
# connections, and echo's own answer comes in chunks.
SINK = """\
    server {{
        listen 127.0.0.1:{port}{ssl} backlog=4096;
        location / {{ echo_read_request_body; echo_exec @ok; }}
        location @ok {{
            default_type text/plain;
            access_log {log} ids buffer=64k flush=50ms;
            return 200 ok;
        }}
    }}
"""


def _quoted(text):
    assert "$" not in text, "nginx would take it for a variable"
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _pieces(text):
    """Cut so that no piece ends within an escape: nginx sees each by itself."""
    return [text[at:at + TOKEN] for at in range(0, len(text), TOKEN)]


def _maps_and_answer(document, mark):
    """A variable for each piece, costing a look only when it is used, and what puts them together."""
    maps, answer = [], ""
    for number, part in enumerate(document.split(mark)):
        answer += "$uuid" if number else ""
        for piece in _pieces(part):
            name = f"$piece{len(maps)}"
            maps.append(f"    map '' {name} {{ default {_quoted(piece)}; }}")
            answer += name
    return "\n".join(maps), f'return 200 "{answer}";'


def configuration(api_port, sink_ports, document, mark, certificate=None, delay=0, at_once=None):
    """document: the alert, with `mark` where the uuid belongs; certificate: the path without its
    suffix (.pem and .key); delay: seconds that a look-up takes; at_once: of one object."""
    maps, whole = _maps_and_answer(document, mark)
    ssl = " ssl" if certificate else ""
    tls = (f"ssl_certificate {certificate}.pem; ssl_certificate_key {certificate}.key; "
           "ssl_session_cache shared:sessions:1m;" if certificate else "")
    servers = API.format(
        port=api_port, ssl=ssl, log="api.log", at_once=at_once or 4096, whole=whole,
        sleep=f"echo_sleep {delay};" if delay else "",
        answer="echo_exec @alert;" if delay else whole)
    for number, port in enumerate(sink_ports):
        servers += SINK.format(port=port, ssl=ssl, log=f"sink-{number}.log")
    return FRAME.format(tls=tls, maps=maps, servers=servers)
