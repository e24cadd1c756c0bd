"""`python -m survey.cli` is `hailong`."""

from survey.cli import main

main()
