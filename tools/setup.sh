#!/bin/sh
# Makes .venv with everything that the studio and its tests need. Repeatable: run by `make` whenever
# pyproject.toml, constraints.txt or this file is newer than the last set-up.
set -eu
cd "$(dirname "$0")/.."

# What the wheels need from a Linux system: OpenGL and EGL (OpenCV, mediapipe, Qt), the X and
# keyboard libraries of Qt's xcb plug-in, PortAudio (sound), fonts.
PACKAGES="libgl1 libegl1 libgles2 libglib2.0-0 libportaudio2 libxkbcommon-x11-0 libdbus-1-3
libfontconfig1 libxcb-cursor0 libxcb-icccm4 libxcb-image0 libxcb-keysyms1 libxcb-randr0
libxcb-render-util0 libxcb-shape0 libxcb-xinerama0 fonts-dejavu-core"

missing_packages() {
    for package in $PACKAGES; do
        # Ubuntu and Debian renamed some packages for 64-bit time (libglib2.0-0t64, libportaudio2).
        dpkg-query -W -f='${Status}\n' "$package" "${package}t64" 2>/dev/null |
            grep -q 'ok installed' || printf '%s ' "$package"
    done
}

install_packages() {
    if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
    if $as_root true 2>/dev/null && $as_root apt-get update -qq &&
        DEBIAN_FRONTEND=noninteractive $as_root apt-get install -y -qq --no-install-recommends \
            $1 >/dev/null; then
        return 0
    fi
    echo "Some system packages are missing and could not be installed here. Please run:" >&2
    echo "  sudo apt-get install $1" >&2
    return 1
}

if command -v dpkg-query >/dev/null 2>&1 && command -v apt-get >/dev/null 2>&1; then
    packages=$(missing_packages)
    [ -z "$packages" ] || install_packages "$packages" || echo "Going on without them." >&2
elif [ "$(uname -s)" = Linux ]; then
    echo "Not a Debian system: if a library is missing, install the equivalents of: $PACKAGES" >&2
fi

find_python() {
    for name in "${PYTHON:-}" python3.11 python3.12 python3 python; do
        [ -n "$name" ] && command -v "$name" >/dev/null 2>&1 &&
            "$name" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] < (3, 13))' \
                2>/dev/null && { echo "$name"; return 0; }
    done
    return 1
}

python=$(find_python) || {
    echo "Python 3.11 or 3.12 is needed (the face tracker's wheels end at 3.12) and was not found:" >&2
    echo "install it, or name it: make PYTHON=/path/to/python3.12 …" >&2
    exit 1
}
if ! "$python" -c 'import ensurepip' 2>/dev/null; then
    version=$("$python" -c 'import sys; print("%d.%d" % sys.version_info[:2])')
    command -v apt-get >/dev/null 2>&1 && install_packages "python$version-venv" || {
        echo "Python's venv module is missing: install python$version-venv." >&2
        exit 1
    }
fi

venv=.venv/bin
[ ! -d .venv/Scripts ] || venv=.venv/Scripts
# an interrupted set-up leaves a Python without pip, a removed Python a broken link
"$venv/python" -m pip --version >/dev/null 2>&1 || "$python" -m venv --clear .venv
[ ! -d .venv/Scripts ] || venv=.venv/Scripts
"$venv/python" -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[dev]'
touch .venv/ready
