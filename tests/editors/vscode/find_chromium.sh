#!/bin/sh
# Prints the path of the browser that draws VS Code's window; exit status 1 if there is none.
command -v chromium || command -v chromium-browser || command -v google-chrome
