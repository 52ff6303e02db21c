# Windows: runs a process and collects its dumps, started by the Task Scheduler (task-scheduler.xml).
$program = 'C:\Program Files\anaplan-dump\anaplan-dump.exe'
$folder = 'D:\rejected'
$env:ANAPLAN_WORKSPACE = '8a81b09d5e8c6f27015ece3402487d33'
$env:ANAPLAN_MODEL = 'FC12345678912343455667'
# The key is readable for the service account alone.
$env:ANAPLAN_CERTIFICATE = 'D:\secret\anaplan.crt'
$env:ANAPLAN_PRIVATE_KEY = 'D:\secret\anaplan.key'
# $LASTEXITCODE is that of a program that ran: one that is missing would leave it at 0.
foreach ($path in $program, $folder) {
    if (-not (Test-Path -LiteralPath $path)) { Write-Output "$path is missing"; exit 1 }
}
& $program run 118000000001 -o "$folder\dumps\" --timeout 4h -q 2>> "$folder\log.txt"
exit $LASTEXITCODE
