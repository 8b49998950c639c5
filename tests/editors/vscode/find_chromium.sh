#!/bin/sh
# Prints the path of the browser that VS Code's window is drawn with; exit status 1 where there is none.
command -v chromium || command -v chromium-browser || command -v google-chrome
