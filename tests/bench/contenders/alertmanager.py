"""Debian's prometheus-alertmanager: the router that many have already.

It does a part of the load: it takes an alert by its own API and posts it to two webhook receivers. It
cannot take the vendor's event (body() is what it takes instead), nor look anything up, nor word the
message of a webhook: the far ends get its own JSON, with the id among the labels. It keeps no alert
on disk. Grouping is off as far as it goes: a group for each alert, no wait before the first post.
"""

import json
import uuid

from .program import Program, need_command


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
        return [need_command("prometheus-alertmanager", "prometheus-alertmanager"),
                f"--config.file={path}", f"--storage.path={self.folder}", "--log.level=warn",
                f"--web.listen-address=127.0.0.1:{self.port}", "--cluster.listen-address="], {}

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
