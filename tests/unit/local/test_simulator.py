from local.simulator import printed_base_url, simulator_command, simulator_credentials


def test_the_base_url_is_read_from_what_the_stand_in_prints() -> None:
    text = "starting\nAzamPay simulator listening on http://127.0.0.1:5555\n"
    assert printed_base_url(text) == "http://127.0.0.1:5555"


def test_a_line_that_is_not_finished_is_not_read() -> None:
    assert printed_base_url("listening on http://127.0.0.1:55") is None
    assert printed_base_url("") is None


def test_the_stand_in_is_started_on_a_port_with_a_delay_in_seconds() -> None:
    arguments = simulator_command(0, 1.5, asks_phone=True)
    assert arguments[1:3] == ["-m", "simulator"]
    assert arguments[arguments.index("--callback-delay") + 1] == "1.5"
    assert "--auto-approve" not in arguments


def test_without_a_person_other_numbers_approve_after_the_same_delay() -> None:
    arguments = simulator_command(0, 1.5, asks_phone=False)
    assert arguments[arguments.index("--auto-approve") + 1] == "1.5"


def test_the_credentials_have_the_three_parts_of_the_secret() -> None:
    credentials = simulator_credentials()
    assert set(credentials) == {"appName", "clientId", "clientSecret"}
    assert all(credentials.values())
