# Sourced: starts the fake service with the options that are given, until the script ends. Sets its variables, the
# locator of a dump, and a temporary folder.
folder=$(mktemp -d)
TMPDIR=$folder cargo xtask serve "$@" >"$folder/printed" &
service=$!
trap 'kill $service 2>/dev/null || true; rm -r "$folder"' EXIT
until grep -q 'user.key' "$folder/printed"; do kill -0 $service || exit 1; sleep 0.1; done
sed -n '/^$/q; /^export/p' "$folder/printed" >"$folder/settings"
. "$folder/settings"
dump=$(sed -n 's/^anaplan-dump chunks \([^ ]*\).*/\1/p' "$folder/printed")
