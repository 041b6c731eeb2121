#!/bin/sh
# Opens the studio on the sample session. Without a display it renders the sample and a picture of
# the window instead. $1: folder of the environment's programs.
set -eu
session=assets/sample/sample.avatar
case "$(uname -s)" in
    Linux) display="${DISPLAY:-}${WAYLAND_DISPLAY:-}" ;;
    *) display=native ;;
esac
if [ -n "$display" ]; then
    exec "$1/avatar-studio" studio "$session"
fi
mkdir -p out
"$1/avatar-studio" render "$session" -o out/sample.mp4
"$1/avatar-studio" studio --screenshot out/studio.png "$session"
echo "There is no display: the sample film is out/sample.mp4, the studio's window out/studio.png."
