"""`python -m halfopen.lsp`: the server without the command line around it."""

import sys

from halfopen.lsp import main

sys.exit(main())
