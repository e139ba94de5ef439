"""Run the opinion screen: `python -m web.opinion --port 8084`."""

import sys

from web.opinion.app import from_environment
from web.serving import serve

if __name__ == "__main__":
    sys.exit(serve("The opinion screen", 8084, from_environment))
