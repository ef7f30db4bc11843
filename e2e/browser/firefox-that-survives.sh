#!/bin/sh
# Playwright has Firefox quit when a content process crashes; here the browser goes on, as it does for users.
unset MOZ_CRASHREPORTER_SHUTDOWN
exec "${FIREFOX_PATH:-/usr/bin/firefox-esr}" "$@"
