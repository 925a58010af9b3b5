"""The two programs that run on hosts around a change: one runs a command at most once, one asks what became of it.

POSIX sh, also busybox's. The texts are constants: what varies comes in as positional arguments, never pasted in.
Both need only flock, setsid and timeout beside the usual tools. They run as the login user; only the command itself
runs under sudo.

State lives in the targets of symbolic links (short ones need no data block), because the disk that is to be cleaned
is full: `t.TOKEN` -> started | spent | done:CODE, and `k.TARGET` -> FENCE:TOKEN of the last start. `ln -s` fails where
the name exists: that makes a token usable once. `r.TARGET` is locked while a command runs for that target.
`t.TOKEN.out` and `.err` are the output.
"""

from __future__ import annotations

from remediator.integrations.shell.remote.receipt_report import KEEP_BYTES, MARK

_OPENING = f"""
umask 077
dir=$1 key=$2 token=$3; shift 3
say() {{ printf '{MARK} %s %s\\n' "$token" "$*"; }}
refuse() {{ say "$@"; exit 0; }}
state() {{ readlink "t.$token"; }}
report() {{
  say "$(state)"
  [ ! -f "t.$token.out" ] || cat "t.$token.out"
  [ ! -f "t.$token.err" ] || cat "t.$token.err" >&2
}}
for tool in flock setsid timeout readlink; do
  command -v "$tool" >/dev/null || refuse unusable "the host has no $tool"
done
why=$(mkdir -p "$dir" 2>&1) && cd "$dir" && [ -O . ] && [ -w . ] || refuse unusable "$dir: ${{why:-not ours}}"
chmod 700 .
(: >>lock) 2>/dev/null || refuse unusable "$dir: no space left"
exec 9>>lock
flock 9
"""

# Its own session and no inherited files but lock 8: what happens to the connection does not reach it.
_DETACHED = f"""
run() {{
  "$@" 8>&-
  code=$?
  {{ ln -s "done:$code" "$t.new" && mv -f "$t.new" "$t"; }} || ln -sf "done:$code" "$t"
  sync . || sync
}}
# Reads to the end whatever happens, so that a full disk or a talkative command does not break the pipe.
keep() {{ head -c {KEEP_BYTES} >"$1"; tail -c {KEEP_BYTES} >>"$1"; cat >/dev/null; }}
t=$1; shift
{{ run "$@" 2>&3 3>&- | keep "$t.out" 3>&- 8>&-; }} 3>&1 | keep "$t.err" 8>&-
find . -maxdepth 1 -name "t.*" -mtime +7 -exec rm -f {{}} +
"""

CHANGE = f"""{_OPENING}
fence=$1 not_after=$2; shift 2
last=$(readlink "k.$key"); seen=${{last%%:*}}
[ "$fence" -ge "${{seen:-0}}" ] || refuse stale "its fence $fence is older than $seen, which the host has seen"
now=$(date +%s)
[ "$now" -le "$not_after" ] || refuse stale "it came $((now - not_after)) s too late by the clock of the host"
[ ! -L "t.$token" ] || refuse stale "its token is $(state)"
exec 8>>"r.$key"
flock -n 8 || refuse busy "another change of this target is still running"
{{ ln -sf "$fence:$token" "k.$key.new" && mv -f "k.$key.new" "k.$key"; }} || refuse unusable "$dir: no space left"
ln -s started "t.$token" || refuse unusable "$dir: no space left"
sync . || sync
exec 9>&-
setsid sh -c '{_DETACHED}' remediator "t.$token" "$@" </dev/null >/dev/null 2>&1 &
say launched
exec 8>&-
wait "$!"
report
"""

RECEIPT = f"""{_OPENING}
if ln -s spent "t.$token" 2>/dev/null; then
  sync . || sync
  refuse spent
fi
for second in 1 2 3; do  # a command is done before its output is written down
  last=$(readlink "k.$key")
  if [ "${{last#*:}}" != "$token" ] || flock -n "r.$key" true; then break; fi
  [ "$(state)" != started ] || refuse running
  flock -u 9; sleep 1; flock 9
done
[ -n "$(state)" ] || refuse unusable "$dir: no space left"
report
"""
