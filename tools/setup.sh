#!/bin/sh
# Make .venv, or bring it up to date: requirements.txt as it stands, and this package (editable). Run by every make target.
#
#   tools/setup.sh           does nothing when .venv is fresh, which takes some hundredths of a second
#   tools/setup.sh --check   only tells, by its exit status, whether .venv is fresh
#   PYTHON=python3.12        which Python to build .venv with; otherwise the first of the list below that serves
#
# The stamp is written last, so a set-up that was interrupted starts again. Nothing but .venv is ever deleted.
set -u
cd "$(dirname "$0")/.." || exit 1

candidates="python3.13 python3.12 python3.11 python3"
needed_gb=4
stamp=.venv/.set-up
running=.venv/.set-up-by

say() { printf '%s\n' "$*"; }
stop() {
    printf 'set-up: %s\n' "$*" >&2
    exit 1
}

whole() { # .venv was once completed, in this very folder (a moved .venv still points to the old one), and its Python runs
    [ -f "$stamp" ] && [ "$(cat "$stamp")" = "$(pwd -P)" ] && .venv/bin/python -c '' 2>/dev/null
}

fresh() {
    whole && [ -z "$(find requirements.txt pyproject.toml -newer "$stamp")" ]
}

# Sets $python, or stops. A candidate counts only when it runs: a version manager may leave a name that only fails.
choose_python() {
    if [ -n "${PYTHON:-}" ]; then set -- "$PYTHON"; else set -- $candidates; fi
    found="" without_venv=""
    for candidate; do
        version=$("$candidate" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null) || continue
        case $version in
            3.11 | 3.12 | 3.13) ;;
            *)
                found="$found, but $candidate is $version"
                continue
                ;;
        esac
        if "$candidate" -c 'import ensurepip, venv' 2>/dev/null; then
            python=$candidate
            return
        fi
        without_venv=${without_venv:-$candidate}
    done
    [ -z "$without_venv" ] || stop "$without_venv cannot make a virtual environment, it has no ensurepip:" \
        "on Debian and Ubuntu run 'sudo apt install ${without_venv##*/}-venv', then make again"
    [ -z "${PYTHON:-}" ] || stop "PYTHON must name a Python 3.11, 3.12 or 3.13 that runs${found:-", but $PYTHON does not run"}"
    stop "Python 3.11, 3.12 or 3.13 is needed (TensorFlow has no package for others)${found:-", but none is here"}:" \
        "get one from your system's packages, from python.org, or with 'uv python install 3.13', then run make again"
}

check_disk() {
    free_kb=$(df -Pk . | awk 'NR == 2 { for (i = 2; i <= NF; i++) if ($i ~ /%$/) { print $(i - 1); exit } }')
    case $free_kb in
        '' | *[!0-9]*) return ;; # a file system that does not tell
    esac
    [ "$free_kb" -ge $((needed_gb * 1024 * 1024)) ] ||
        stop "$needed_gb GB of free disk are needed, here are $((free_kb / 1024 / 1024)) GB: free some, then run make again"
}

# Says what takes long, and keeps the rest quiet. pip's errors go to the terminal, its exit status through the last line.
install_packages() {
    { .venv/bin/python -m pip install --disable-pip-version-check --requirement requirements.txt; say "status $?"; } | {
        status=1
        while IFS= read -r line; do
            case $line in
                *Downloading*" MB)")
                    name=${line#*Downloading } size=${line##*\(}
                    [ "${size%%.*}" -lt 20 ] || say "  downloading ${name%%-*}, ${size%%.*} MB"
                    ;;
                "Installing collected packages"*) say "  unpacking" ;;
                "status "*) status=${line#status } ;;
            esac
        done
        [ "$status" -eq 0 ]
    }
}

if fresh; then exit 0; fi
if [ "${1:-}" = --check ]; then exit 1; fi

if [ -f "$running" ] && kill -0 "$(cat "$running")" 2>/dev/null; then
    stop "another set-up is at work in this folder (process $(cat "$running")): wait for it, then run make again"
fi

if whole; then
    say "Bringing .venv up to date"
    rm -f "$stamp"
    echo $$ >"$running"
else
    choose_python
    [ ! -e .venv ] || say "Making .venv anew: it is incomplete, or was made in another folder"
    rm -rf .venv
    check_disk
    say "Making .venv with $python, once; the packages are under 1 GB to download"
    mkdir .venv && echo $$ >"$running" && "$python" -m venv .venv || stop "$python could not make .venv (see above)"
fi
install_packages ||
    stop "pip could not install requirements.txt (see above): check the network and the disk, then run make again"
.venv/bin/python -m pip install --disable-pip-version-check --quiet --no-deps --editable . ||
    stop "pip could not install this package (see above): check the network, then run make again"
pwd -P >"$stamp" && rm -f "$running"
say "Set-up is complete"
