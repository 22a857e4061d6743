"""What stands between the sender and the far ends while one figure is taken."""


class Contender:
    """One thing that takes events and hands their messages on. Each module here holds one or a few."""

    name: str  # as the table shows it

    def start(self, folder, ends):
        """Starts it in `folder`, an empty directory of its own; returns the URL for events, ready."""
        raise NotImplementedError

    def pids(self):
        """The pids whose CPU and memory count, children included."""
        raise NotImplementedError

    def stop(self):
        """Ends it and all that it started."""
        raise NotImplementedError
