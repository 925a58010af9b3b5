"""The programs that run in containers: one ends a look in time, one runs a change at most once and keeps its receipt.

POSIX sh, also busybox's; of what an image may lack, `timeout`, `setsid` and `flock` are not needed, and where busybox
is there without its links it is asked by name. The texts are constants: what varies comes in as positional arguments.

Receipts live in /dev/shm where it can be written: it has room where the disk is full, is writable where the root file
system is not, and outlives a restart of the container. They are targets of symbolic links, because `ln -s` fails where
the name exists: `t.TOKEN` -> started | spent | done:CODE, `k.TARGET` -> the newest fence, and the lock `r.TARGET` ->
PID.START.TOKEN of who runs for that target now. A lock whose owner is dead is removed by the one who made
`s.PID.START.TOKEN`: nobody else may, so it never removes a newer one.
"""

from __future__ import annotations

from remediator.integrations.shell.remote.receipt_report import KEEP_BYTES, MARK

START = 'eval "$0"'  # $0 is the program itself, so that it can start itself anew

_TOOLS = """
LC_ALL=C; export LC_ALL
borrow() {
  command -v "$1" >/dev/null && return
  busybox "$1" --help >/dev/null 2>&1 && eval "$1() { busybox $1 \\"\\$@\\"; }"
}
"""

# Closing a connection ends nothing in the container. Busybox's `timeout` knew no -k before 1.34.
_LIMITED = """
limited() {
  limit=$1; shift
  if timeout -k 5 5 true >/dev/null 2>&1; then timeout -k 5 "$limit" "$@"; return; fi
  if timeout 5 true >/dev/null 2>&1; then timeout "$limit" "$@"; return; fi
  "$@" & pid=$!
  (sleep "$limit"; kill "$pid"; sleep 5; kill -9 "$pid") </dev/null >/dev/null 2>&1 3>&- & guard=$!
  wait "$pid"; code=$?
  kill "$guard" 2>/dev/null
  return "$code"
}
"""

LOOK = f"""{_TOOLS}{_LIMITED}
borrow timeout; borrow sleep
cd /
limited "$@"
"""

PROGRAM = f"""{_TOOLS}{_LIMITED}
umask 077
mode=$1 key=$2 token=$3; shift 3
say() {{ printf '{MARK} %s %s\\n' "$token" "$*"; }}
refuse() {{ say "$@"; exit 0; }}
for tool in ln readlink mkdir mv rm cat head tail date id sleep; do
  borrow "$tool" || refuse unusable "the image has no $tool"
done
borrow timeout; borrow setsid; borrow find
[ -r /proc/self/stat ] || refuse unusable "the container has no /proc"
dir=/tmp; [ -w /dev/shm ] && dir=/dev/shm
dir=$dir/remediator-$(id -u)
why=$(mkdir -p "$dir" 2>&1) && cd "$dir" && [ -O . ] && [ -w . ] || refuse unusable "$dir: ${{why:-not ours}}"

state() {{ readlink "t.$token"; }}
born() {{
  {{ read -r line <"/proc/$1/stat"; }} 2>/dev/null || return
  line=${{line##*) }}; set -- $line
  [ "$1" = Z ] || echo "${{20}}"
}}
alive() {{ since=${{1#*.}}; [ "$(born "${{1%%.*}}")" = "${{since%%.*}}" ]; }}
take() {{
  ln -s "$me" "r.$key" 2>/dev/null && return
  owner=$(readlink "r.$key"); alive "$owner" && return 1
  ln -s "$me" "s.$owner" 2>/dev/null || return 1
  [ "$(readlink "r.$key")" != "$owner" ] || rm -f "r.$key"
  rm -f "s.$owner"
  ln -s "$me" "r.$key" 2>/dev/null
}}
once() {{
  (cd / && limited "$@")
  code=$?
  {{ ln -s "done:$code" "t.$token.new" && mv -f "t.$token.new" "t.$token"; }} || ln -sf "done:$code" "t.$token"
}}
keep() {{ head -c {KEEP_BYTES} >"$1"; tail -c {KEEP_BYTES} >>"$1"; cat >/dev/null; }}

case $mode in
change)
  answer=a.$token.$$
  (: >"$answer") 2>/dev/null || refuse unusable "$dir: no space left"
  say launched
  if borrow setsid; then
    setsid sh -c '{START}' "$0" run "$key" "$token" "$@" </dev/null >"$answer" 2>/dev/null &
  else
    sh -c '{START}' "$0" run "$key" "$token" "$@" </dev/null >"$answer" 2>/dev/null &
  fi
  wait "$!"
  if [ -s "$answer" ]; then cat "$answer"; rm -f "$answer"; exit; fi
  rm -f "$answer" ;;
run)
  fence=$1 not_after=$2; shift 2
  me=$$.$(born $$).$token
  take || refuse busy "another change of this target is still running"
  trap 'rm -f "r.$key"' EXIT
  seen=$(readlink "k.$key")
  [ "$fence" -ge "${{seen:-0}}" ] || refuse stale "its fence $fence is older than $seen, which was seen there"
  now=$(date +%s)
  [ "$now" -le "$not_after" ] || refuse stale "it came $((now - not_after)) s too late by the clock there"
  [ ! -L "t.$token" ] || refuse stale "its token is $(state)"
  {{ ln -sf "$fence" "k.$key.new" && mv -f "k.$key.new" "k.$key"; }} || refuse unusable "$dir: no space left"
  ln -s started "t.$token" 2>/dev/null || refuse stale "its token is $(state)"
  {{ once "$@" 2>&3 3>&- | keep "t.$token.out" 3>&-; }} 3>&1 | keep "t.$token.err"
  find . -name "[at].*" -mtime +7 -exec rm -f {{}} + 2>/dev/null
  exit ;;
receipt)
  ln -s spent "t.$token" 2>/dev/null && refuse spent
  for second in 1 2 3; do  # a command is done before its output is written down
    owner=$(readlink "r.$key")
    [ "${{owner##*.}}" = "$token" ] && alive "$owner" || break
    [ "$(state)" != started ] || refuse running
    sleep 1
  done
  [ -n "$(state)" ] || refuse unusable "$dir: no space left" ;;
esac
say "$(state)"
[ ! -f "t.$token.out" ] || cat "t.$token.out"
[ ! -f "t.$token.err" ] || cat "t.$token.err" >&2
"""
