"""Debian's prometheus-alertmanager: the router that many have already.

It does a part of the load: it takes an alert by its own API and posts it to two webhook receivers. It
cannot take the vendor's event (body() is what it takes instead), nor look anything up, nor word the
message of a webhook: the far ends get its own JSON, with the id among the labels. It keeps no alert
on disk. Grouping is off as far as it goes: a group for each alert, no wait before the first post.
"""

import json
import os
import subprocess
import uuid

from .program import UNPACKED, Missing, Program, need_command


class Alertmanager(Program):
    name = "alertmanager (no look-up)"

    def command(self, ends):
        config = {
            "route": {"receiver": "sinks", "group_by": ["..."], "group_wait": "0s",
                      "group_interval": "1h", "repeat_interval": "24h"},
            "receivers": [{"name": "sinks", "webhook_configs": [
                {"url": sink, "send_resolved": False, "max_alerts": 0} for sink in ends.sinks]}],
        }
        path = self.folder / "alertmanager.yml"
        path.write_text(json.dumps(config))  # JSON is YAML
        binary = need_command("prometheus-alertmanager", "prometheus-alertmanager")
        return [*self._with_its_templates(binary), binary,
                f"--config.file={path}", f"--storage.path={self.folder}", "--log.level=warn",
                f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="], {}

    @staticmethod
    def _with_its_templates(binary):
        """Debian's build reads them from /usr/share and nowhere else: where it is only unpacked, it
        sees its own in that place, by mounts of its own."""
        if not binary.startswith(str(UNPACKED)):
            return []
        share = UNPACKED / "prometheus-alertmanager/usr/share"
        user = [] if os.geteuid() == 0 else ["--map-root-user"]
        prefix = ["unshare", "--mount", *user, "sh", "-c",
                  'mount --bind "$0" /usr/share && exec "$@"', str(share)]
        if subprocess.run([*prefix, "true"], capture_output=True, timeout=60).returncode:
            raise Missing("mounts, for the templates of a prometheus-alertmanager that is only "
                          "unpacked, are not allowed here: install Debian's package")
        return prefix

    def url(self):
        return f"http://127.0.0.1:{self.port}/api/v2/alerts"

    @staticmethod
    def body(alert_uuid=None):
        """What is posted for one alert; answered 200."""
        alert_uuid = alert_uuid or str(uuid.uuid4())
        return json.dumps([{
            "labels": {"alertname": "sekoia", "uuid": alert_uuid},
            "annotations": {"title": f"Alert {alert_uuid}", "status": "Pending", "urgency": "Major"},
        }]).encode()
