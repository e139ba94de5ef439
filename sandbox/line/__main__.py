"""`python -m sandbox.line`: the LINE platform on a loopback port, until it is told to end.

Prints one line of JSON, `{"url": ...}`, as soon as it listens. `SANDBOX_ACCOUNT` may hold further fields of the
account as JSON.
"""

import argparse
import json
import os
import sys

from sandbox.line.platform import Account
from sandbox.line.serve import listen, make_app, server_for


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m sandbox.line", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0 takes a free one")
    parser.add_argument("--friends", type=int, default=0, help="dummy people who are friends from the start")
    parser.add_argument("--seed", type=int, help="names the dummy people")
    parser.add_argument("--webhook", help="where webhook events are posted")
    parser.add_argument("--secret", help="the channel secret that signs them")
    parser.add_argument("--token", help="the channel access token that callers must bear")
    return parser.parse_args()


def _account(arguments: argparse.Namespace) -> Account:
    given = {
        "seed": arguments.seed,
        "channel_secret": arguments.secret,
        "access_token": arguments.token,
    }
    base = json.loads(os.environ.get("SANDBOX_ACCOUNT", "{}"))
    return Account(**base | {name: value for name, value in given.items() if value is not None})


def main() -> None:
    """Serve until SIGTERM or SIGINT."""
    arguments = _arguments()
    app = make_app(_account(arguments))
    app.platform.befriend(arguments.friends)
    app.platform.webhook_url = arguments.webhook
    listener = listen(arguments.port)
    host, port = listener.getsockname()
    sys.stdout.write(json.dumps({"url": f"http://{host}:{port}"}) + "\n")
    sys.stdout.flush()
    server_for(app).run([listener])


if __name__ == "__main__":
    main()
