from local.function_logs import log_file_name


def test_a_log_group_becomes_one_file() -> None:
    assert log_file_name("/finconnect/finconnect-local/payments") == (
        "finconnect-finconnect-local-payments.log"
    )
