"""The second door."""

from .mutations import Protection, argument, block, call, case, refusal, value

_EXCHANGE = "http/exchange.py"
_HTTP = "tests/http/test_hostile.py"

PROTECTIONS = (
    Protection(
        "HTTP: a body that never ends",
        block(_EXCHANGE, "Exchange.body", "patience"),
        f"{_HTTP}::test_a_body_has_its_time",
    ),
    Protection(
        "HTTP: a compressed body",
        refusal(_EXCHANGE, "Exchange.body", "HttpRefusal"),
        "tests/http/test_api.py::test_what_is_no_call_of_ours_is_refused",
    ),
    Protection(
        "HTTP: a head that never ends",
        case("http/connection.py", "Connection._wait", "is_closing"),
        f"{_HTTP}::test_a_head_has_its_time",
    ),
    Protection(
        "HTTP: a body in crumbs",
        refusal("http/connection.py", "_Parser.next_event", "h11.RemoteProtocolError"),
        f"{_HTTP}::test_a_body_in_crumbs",
    ),
    Protection(
        "HTTP: a body that ends in two ways",
        refusal("http/connection.py", "_check_framing", "h11.RemoteProtocolError"),
        f"{_HTTP}::test_a_body_says_once_where_it_ends",
    ),
    Protection(
        "HTTP: connections beyond the limit",
        call("http/connection.py", "Connection.connection_made", "abort"),
        f"{_HTTP}::test_connections_beyond_the_limit_are_closed",
    ),
    Protection(
        "HTTP: who takes nothing",
        block(_EXCHANGE, "Exchange._pass", "patience"),
        f"{_HTTP}::test_a_caller_who_takes_nothing",
    ),
    Protection(
        "HTTP: a caller vanishes",
        call(_EXCHANGE, "Exchange.while_the_caller_waits.watch", "cancel"),
        f"{_HTTP}::test_a_caller_who_goes_away_stops_his_work",
    ),
    Protection(
        "HTTP: who goes while a large body waits to be read",
        block(_EXCHANGE, "Exchange.content", "while_the_caller_waits"),
        f"{_HTTP}::test_who_goes_while_a_large_text_waits_to_be_gone_through",
    ),
    Protection(
        "HTTP: a deadline passes",
        argument(_EXCHANGE, "Exchange.while_the_caller_waits", "asyncio.timeout_at", 0, "None"),
        f"{_HTTP}::test_a_deadline_passes",
    ),
    Protection(
        "HTTP: bodies of strangers who have a key in them",
        value(_EXCHANGE, "", "_MAX_STRANGER_BYTES", "1_000_000_000"),
        "tests/http/test_libretranslate.py::test_a_stranger_may_send_little",
    ),
    Protection(
        "HTTP: strangers who are slow to show a key",
        refusal("access/gate.py", "Gate.stranger", "QueueFull"),
        "tests/http/test_libretranslate.py::test_strangers_leave_room",
    ),
    Protection(
        "HTTP: more values than a request has",
        case("contract/json_form.py", "parse", "_least_values"),
        "tests/http/test_json.py::test_more_values_than_a_request_has",
    ),
)
