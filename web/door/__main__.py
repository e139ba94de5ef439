"""Run the webhook's door: `python -m web.door --port 8081`."""

import sys

from web.door.app import from_environment
from web.serving import serve

if __name__ == "__main__":
    sys.exit(serve("The webhook's door", 8081, from_environment))
