"""nginx that answers 202 from memory: how fast any server takes in the same bodies, keeping none."""

from .program import HOOK_PATH, Program, need_command

CONFIG = """\
daemon off;
worker_processes 1;
pid nginx.pid;
error_log stderr error;
events {{ worker_connections 4096; }}
http {{
    access_log off;
    keepalive_requests 100000000;
    keepalive_timeout 600;
    # What does not come in one read goes to memory, never to a file.
    client_body_buffer_size 128k;
    client_max_body_size 1m;
    {temp}
    server {{
        listen 127.0.0.1:{port} backlog=1024;
        location = {hook} {{ return 202; }}
    }}
}}
"""


class Nginx(Program):
    name = "nginx, 202 from memory"

    def command(self, ends):
        temp = "".join(f"{kind}_temp_path {kind}; " for kind in
                       ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
        path = self.folder / "nginx.conf"
        path.write_text(CONFIG.format(port=self.port, hook=HOOK_PATH, temp=temp))
        return [need_command("nginx", "nginx-light"), "-p", f"{self.folder}/", "-c", str(path),
                "-e", "stderr"], {}
