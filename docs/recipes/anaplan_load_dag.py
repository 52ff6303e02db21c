"""Airflow 3: runs a process; rejected rows fail the task, and their dumps are in /data/rejected."""

from datetime import datetime

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

with DAG("anaplan_load", schedule="30 2 * * *", start_date=datetime(2025, 1, 1), catchup=False):
    BashOperator(
        task_id="run_and_collect",
        # A second try would start the process again.
        retries=0,
        bash_command="anaplan-dump run 118000000001 -o /data/rejected/ --timeout 4h",
        env={
            # Files on each worker, the key readable for its user alone.
            "ANAPLAN_CERTIFICATE": "/etc/anaplan-dump/anaplan.crt",
            "ANAPLAN_PRIVATE_KEY": "/etc/anaplan-dump/anaplan.key",
            "ANAPLAN_WORKSPACE": "{{ var.value.anaplan_workspace }}",
            "ANAPLAN_MODEL": "{{ var.value.anaplan_model }}",
        },
        append_env=True,
    )
