"""Far ends that speak TLS, the Alert API among them."""

from measures.ladder import climb

NAME = "tls"
TITLE = "Far ends by TLS"


def measure(scale):
    steps = [(words, number, {"tls": tls})
             for number, (words, tls) in enumerate((("plain", False), ("TLS", True)))]
    yield from climb(scale, "TLS (0: plain)", steps, scale.of(8000, 800))
