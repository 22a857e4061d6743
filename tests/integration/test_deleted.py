"""What was deleted cannot be looked up any more: the last recorded object speaks for it."""

import json
import sqlite3

import sinks
from stage import load_event, load_object
from tocsin import run, wait_until

RULES = """
rules:
  - name: urgent ones
    match: {type: alert, alert.urgency.current_value: {gte: 80}}
    send: [chat]
  - name: gone without a trace
    match: {type: alert, alert: {exists: false}}
    send: [chat]
"""


def event_of(action, uuid=None, kind="alert", **attributes):
    event = load_event(f"alert-{action}")
    event["type"] = kind
    event["attributes"].update(attributes)
    if uuid:
        event["attributes"]["uuid"] = uuid
        event["metadata"]["uuid"] = f"{kind}-{action}-{uuid}-{attributes}"
    return event


def verdicts(daemon, event_id):
    """The rules that sent it."""
    return [delivery["rule"] for delivery in daemon.event(event_id)["deliveries"]]


def start(make_daemon, api, mattermost, **options):
    return make_daemon({"chat": sinks.mattermost(mattermost)}, rules=RULES, api=api,
                       **options).start()


def test_the_last_recorded_object_is_attached_and_nothing_asked(make_daemon, api, mattermost):
    daemon = start(make_daemon, api, mattermost)
    alert = load_object("alert-full")
    daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    alert["title"] = "Renamed since"
    api.add(alert)
    updated = daemon.accept(load_event("alert-updated-status"))
    daemon.wait_settled()
    asked = len(api.requests)
    api.stop()

    event_id = daemon.accept(load_event("alert-deleted"))
    _, _, told = mattermost.wait_for(3)

    assert "Renamed since" in mattermost.as_text(told)
    assert "[URGENT 85]" in mattermost.as_text(told) and "deleted" in mattermost.as_text(told)
    assert verdicts(daemon, event_id) == ["urgent ones"]
    assert len(api.requests) == asked
    story = daemon.event(event_id)
    assert story["objects"][0]["status"] == f"the last recorded, of {updated}"
    assert story["objects"][0]["object"]["title"] == "Renamed since"


def test_the_object_is_not_stored_again(make_daemon, api, mattermost):
    daemon = start(make_daemon, api, mattermost)
    daemon.accept(load_event("alert-created"))
    daemon.accept(load_event("alert-deleted"))
    mattermost.wait_for(2)
    daemon.wait_settled()
    daemon.stop()

    ledger = sqlite3.connect(daemon.ledger)
    assert ledger.execute("SELECT count(*) FROM object").fetchone() == (1,)
    assert ledger.execute("SELECT count(*) FROM attachment WHERE object = 1").fetchone() == (2,)


def test_a_deletion_waits_for_the_look_up_of_what_came_before(make_daemon, api, mattermost):
    """Both posted at once: the object is recorded when the deletion's turn comes."""
    api.delay(1)
    daemon = start(make_daemon, api, mattermost)

    daemon.accept(load_event("alert-created"))
    event_id = daemon.accept(load_event("alert-deleted"))
    _, told = mattermost.wait_for(2)

    assert load_object("alert-full")["title"] in mattermost.as_text(told)
    assert verdicts(daemon, event_id) == ["urgent ones"]


def test_what_was_never_recorded_is_absent_and_not_unknown(make_daemon, api, mattermost):
    daemon = start(make_daemon, api, mattermost)

    event_id = daemon.accept(load_event("alert-deleted"))
    told, = mattermost.wait_for(1)

    assert verdicts(daemon, event_id) == ["gone without a trace"]
    assert daemon.event(event_id)["objects"] == [] and api.requests == []
    assert "Not enriched" not in mattermost.as_text(told)


def test_a_look_up_that_failed_is_passed_over(make_daemon, api, mattermost):
    daemon = start(make_daemon, api, mattermost, settings="enrich: {alert: {deadline: 1s}}\n")
    daemon.accept(load_event("alert-created"))
    mattermost.wait_for(1)
    api.fail_always(500)
    daemon.accept(load_event("alert-updated-status"))
    mattermost.wait_for(2)

    event_id = daemon.accept(load_event("alert-deleted"))
    told = mattermost.wait_for(3)[2]

    assert load_object("alert-full")["title"] in mattermost.as_text(told)
    assert verdicts(daemon, event_id) == ["urgent ones"]


def test_another_event_of_the_thread_may_have_recorded_it(make_daemon, api, mattermost):
    """A comment is looked up as its alert is."""
    daemon = start(make_daemon, api, mattermost)
    comment = load_event("alert-comment-created")
    comment["attributes"]["alert_uuid"] = load_event("alert-deleted")["attributes"]["uuid"]
    daemon.accept(comment)
    daemon.wait_settled()

    event_id = daemon.accept(load_event("alert-deleted"))
    daemon.wait_settled()

    assert verdicts(daemon, event_id) == ["urgent ones"]


def test_other_objects_of_the_thread_are_not_taken_for_it(make_daemon, api, mattermost):
    """Look-ups of one's own: two comments of one alert are two objects."""
    rules = 'rules: [{name: all, match: {}, send: chat, text: "note: {{note.title}}"}]\n'
    api.add({**load_object("alert-full"), "uuid": "n-1", "title": "first note"})
    api.add({**load_object("alert-full"), "uuid": "n-2", "title": "second note"})
    own = (f'enrich: {{alert-comment: {{get: "{api.url}/v1/sic/alerts/{{{{attributes.uuid}}}}", '
           f'bearer: "{api.key}", as: note}}}}\n')
    daemon = make_daemon({"chat": sinks.mattermost(mattermost)}, rules=rules, api=api,
                         settings=own).start()
    for uuid in ("n-1", "n-2"):
        comment = load_event("alert-comment-created")
        comment["attributes"]["uuid"], comment["metadata"]["uuid"] = uuid, f"m-{uuid}"
        daemon.accept(comment)
    daemon.wait_settled()

    for uuid in ("n-1", "n-3"):
        comment = load_event("alert-comment-created")
        comment["action"], comment["metadata"]["uuid"] = "deleted", f"d-{uuid}"
        comment["attributes"]["uuid"] = uuid
        daemon.accept(comment)
    daemon.wait_settled()

    texts = [mattermost.as_text(entry) for entry in mattermost.wait_for(4)]
    assert ["note: first note" in text for text in texts] == [True, False, True, False]
    assert "second note" not in texts[2] + texts[3]


def test_it_is_found_after_a_restart_and_told_after_a_crash(make_daemon, api, mattermost):
    daemon = start(make_daemon, api, mattermost)
    daemon.accept(load_event("alert-created"))
    mattermost.wait_for(1)
    daemon.wait_settled()
    daemon.kill9()
    daemon.start()

    event_id = daemon.accept(load_event("alert-deleted"))
    daemon.kill9()
    daemon.start()
    daemon.wait_settled()

    assert verdicts(daemon, event_id) == ["urgent ones"]


def test_five_hundred_deletions_at_once_get_each_its_own(make_daemon, api, mattermost):
    daemon = start(make_daemon, api, mattermost)
    for number in range(500):
        api.add({**load_object("alert-full"), "uuid": f"a-{number}", "title": f"number {number}"})
    daemon.accept_all(event_of("created", f"a-{number}") for number in range(500))
    daemon.wait_settled()
    asked = len(api.requests)

    daemon.accept_all(event_of("deleted", f"a-{number}") for number in range(500))
    daemon.wait_settled()

    texts = [mattermost.as_text(entry) for entry in mattermost.wait_for(1000)[500:]]
    assert sorted(number for number in range(500)
                  if any(f"number {number}\n" in text for text in texts)) == list(range(500))
    assert len(api.requests) == asked


def test_what_if_explain_and_replay_see_the_same_object(make_daemon, api, mattermost):
    daemon = start(make_daemon, api, mattermost)
    daemon.accept(load_event("alert-created"))
    event_id = daemon.accept(load_event("alert-deleted"))
    daemon.wait_settled()
    other = daemon.folder / "other.yaml"
    other.write_text(RULES.replace("gte: 80", "gte: 90"))

    explained = json.loads(daemon.command("explain", "--json", event_id).stdout)
    compared = json.loads(run("what-if", "-c", daemon.config, "--json", "--rules", other, "--since",
                              "1h").stdout)
    assert daemon.command("replay", event_id).returncode == 0
    mattermost.wait_for(3)

    assert [change["change"] for event in compared["shown"] if event["id"] == event_id
            for change in event["changes"]] == ["less"]
    assert load_object("alert-full")["title"] in mattermost.as_text(mattermost.received[2])
    assert [rule["verdict"] for rule in explained["rules"]][0] == "yes"
    assert explained["object"]["found"] is True


def test_the_object_is_kept_as_long_as_the_deletion(make_daemon, api, mattermost):
    daemon = start(make_daemon, api, mattermost)
    created = daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    event_id = daemon.accept(load_event("alert-deleted"))
    daemon.wait_settled()
    daemon.stop()
    with sqlite3.connect(daemon.ledger) as ledger:  # as if the first were older than `keep`
        ledger.execute("UPDATE event SET at = 0, dedupe_until = 0 WHERE id = 1")
        ledger.execute("UPDATE decision SET at = 0 WHERE event = 1")
        ledger.execute("UPDATE outcome SET finished = 0 WHERE delivery = 1")
    ledger.close()
    daemon.start()
    wait_until(lambda: daemon.get(f"/api/v1/events/{created}").status == 404, "the first is pruned",
               60)

    assert daemon.event(event_id)["objects"][0]["object"]["title"] == \
        load_object("alert-full")["title"]


def test_an_object_that_was_picked_in_another_way_is_passed_over(make_daemon, api, mattermost):
    """Recorded as the whole answer; what is picked from it today is not there."""
    daemon = start(make_daemon, api, mattermost)
    daemon.accept(load_event("alert-created"))
    daemon.wait_settled()
    daemon.stop()
    daemon.write({"chat": sinks.mattermost(mattermost)}, RULES, api=api,
                 settings="enrich: {alert: {pick: not.there}}\n")
    daemon.start()

    event_id = daemon.accept(load_event("alert-deleted"))
    daemon.wait_settled()

    assert verdicts(daemon, event_id) == ["gone without a trace"]
