"""The one exception whose message is meant for the person at the keyboard."""


class UserError(Exception):
    """A mistake that the user can mend.

    The message is one sentence: what was wrong, what was received, what to do. Command lines print
    it without a traceback and exit with status 2.
    """
