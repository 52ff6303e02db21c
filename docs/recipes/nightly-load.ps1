# Windows: run a process and collect its dumps, started by the Task Scheduler (task-scheduler.xml).
$env:Path += ';C:\Program Files\anaplan-dump'
$env:ANAPLAN_WORKSPACE = '8a81b09d5e8c6f27015ece3402487d33'
$env:ANAPLAN_MODEL = 'FC12345678912343455667'
# The key is readable for the service account alone.
$env:ANAPLAN_CERTIFICATE = 'D:\secret\anaplan.crt'
$env:ANAPLAN_PRIVATE_KEY = 'D:\secret\anaplan.key'
anaplan-dump run 118000000001 -o 'D:\rejected\' --timeout 4h -q 2>> 'D:\rejected\log.txt'
exit $LASTEXITCODE
