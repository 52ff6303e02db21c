# Sourced: starts the fake service with the options that are given, until the script ends. Sets its variables, the
# locator of a dump, and a temporary folder.
folder=$(mktemp -d)
cargo xtask serve "$@" >"$folder/settings" &
service=$!
trap 'kill $service; rm -r "$folder"' EXIT
until grep -q '# anaplan-dump get' "$folder/settings"; do kill -0 $service || exit 1; sleep 0.1; done
. "$folder/settings"
dump=$(sed -n 's/^# anaplan-dump chunks //p' "$folder/settings")
