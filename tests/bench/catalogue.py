"""Which measures there are, in the order in which they run and stand on the page."""

import importlib
import pkgutil

import measures

FIRST = ("end_to_end", "ingest", "syncs", "latency", "dead_sink", "memory", "drain", "rules", "storm",
         "overload", "sinks", "alerts", "tls", "isolation")  # the goals before what is only shown


def all_measures():
    """{name: module}. A module of measures/ without a NAME is what several of them share."""
    found = {}
    for file in pkgutil.iter_modules(measures.__path__):
        module = importlib.import_module(f"measures.{file.name}")
        if hasattr(module, "NAME"):
            found[module.NAME] = module
    order = {name: number for number, name in enumerate(FIRST)}
    return dict(sorted(found.items(), key=lambda one: (order.get(one[0], len(FIRST)), one[0])))
