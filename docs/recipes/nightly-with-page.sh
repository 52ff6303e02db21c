#!/bin/sh
# Runs a process, collects its dumps, and mails what was rejected with the page as attachment.
# For cron: 30 2 * * * $HOME/bin/nightly-with-page.sh
# `mail -A` is that of GNU mailutils; s-nail and bsd-mailx call it -a.
. "$HOME/.anaplan-env"
rm -f "$HOME/report.html"
report=$(anaplan-dump run 118000000001 -q -o "$HOME/rejected/" --timeout 4h --html "$HOME/report.html" 2>&1)
code=$?
case $code in
  0) ;;
  6)
    # An action can fail without a dump; then there is no page.
    [ ! -f "$HOME/report.html" ] || set -- -A "$HOME/report.html"
    printf '%s\n' "$report" | mail -s 'Nightly load: rows were rejected' "$@" planning@example.com ;;
  *) printf '%s\n' "$report" | mail -s "Nightly load: look at it ($code)" integration@example.com ;;
esac
exit $code
