"""`label` by way of a batch service: what is written, what comes in, and what is refused."""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from chat_completion import completion, expected, prompt_of
from chat_project import clear_it, make_project, pin_it, write_project, write_rows, write_terms
from chat_server import ChatBehaviour, ChatServer, serving

Command = Callable[..., Any]
Line = dict[str, Any]
Lines = Sequence[Mapping[str, Any]]
LABELS = Path(".distilproof", "labels", "labels.parquet")
VOTING = "votes = 3\nparameters = { temperature = 1.0 }"


@pytest.fixture(scope="module")
def server() -> Iterator[ChatServer]:
    with serving() as started:
        yield started


@pytest.fixture
def folder(tmp_path: Path, server: ChatServer) -> Path:
    make_project(tmp_path, server.url, rows=30)
    return tmp_path


@pytest.fixture
def export(call: Command, folder: Path) -> Callable[[], list[Line]]:
    """Lines of the file that is to be sent."""

    def exported() -> list[Line]:
        assert call("label", "--export-batch", "batch.jsonl", cwd=folder).status == 0
        return read(folder / "batch.jsonl")

    return exported


def read(path: Path) -> list[Line]:
    return [json.loads(line) for line in path.read_text("utf-8").splitlines()]


def answered(
    lines: Sequence[Line], behaviour: ChatBehaviour | None = None, asks: Sequence[int] = ()
) -> list[Line]:
    """What a batch service makes of lines, out of order."""
    said = behaviour or ChatBehaviour()
    numbers = asks or [1] * len(lines)
    return [
        {
            "id": f"batch_req_{n}",
            "custom_id": line["custom_id"],
            "response": {
                "status_code": 200,
                "request_id": f"req_{n}",
                "body": completion(said, line["body"], prompt_of(line["body"]), ask),
            },
            "error": None,
        }
        for n, (line, ask) in reversed([*enumerate(zip(lines, numbers, strict=True))])
    ]


def write(folder: Path, lines: Lines, name: str = "out.jsonl") -> str:
    (folder / name).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")
    return name


def test_a_line_is_what_would_be_sent(
    export: Callable[[], list[Line]], server: ChatServer, call: Command, folder: Path
) -> None:
    before = server.requests
    lines = export()
    assert server.requests == before
    assert len({line["custom_id"] for line in lines}) == len(lines) == 30
    assert {(line["method"], line["url"]) for line in lines} == {("POST", "/v1/chat/completions")}
    server.bodies.clear()
    call("label", cwd=folder)
    by_prompt = {prompt_of(body): body for body in server.bodies}
    assert {prompt_of(line["body"]): line["body"] for line in lines} == by_prompt
    table = pq.read_table(folder / LABELS)
    assert table["request_hash"].to_pylist() == [line["custom_id"] for line in lines]
    assert export() == lines  # the former file stays where nothing is left to be asked


def test_answers_come_in_and_nothing_is_sent_for_them(
    call: Command, export: Callable[[], list[Line]], folder: Path, server: ChatServer
) -> None:
    lines = export()
    before = server.requests
    name = write(folder, answered(lines))
    answer = call("label", "--import-batch", name, cwd=folder)
    assert (answer.status, answer.first) == (0, "IMPORTED 30 answers")
    again = call("label", "--import-batch", name, "--json", cwd=folder).json
    assert (again["kept"], again["known"], again["left"]) == (0, 30, 0)
    assert call("label", cwd=folder).status == 0
    assert server.requests == before
    said = pq.read_table(folder / LABELS)["label"].to_pylist()
    prompts = [prompt_of(line["body"]) for line in lines]
    assert said == [expected(prompt, ["no", "yes"]) for prompt in prompts]


def test_what_the_service_could_not_answer_is_asked_by_label(
    call: Command, export: Callable[[], list[Line]], folder: Path, server: ChatServer
) -> None:
    lines = answered(export())
    lines[0] |= {"response": None, "error": {"code": "batch_expired", "message": "too late"}}
    lines[1]["response"] = {"status_code": 500, "body": {"error": {"message": "ours"}}}
    lines[2]["response"]["body"]["choices"][0]["message"]["content"] = "no JSON"
    answer = call("label", "--import-batch", write(folder, lines), cwd=folder)
    assert answer.status == 3
    assert answer.first == "IMPORTED 27 answers"
    assert "the batch service says: too late" in answer.out
    assert "status 500" in answer.out
    assert "3 requests have no answer yet" in answer.out
    before = server.requests
    assert call("label", cwd=folder).status == 0
    assert server.requests == before + 3


def test_votes_are_lines_of_their_own_and_one_answer(
    call: Command, tmp_path: Path, server: ChatServer
) -> None:
    write_terms(tmp_path)
    write_rows(tmp_path, 10)
    write_project(tmp_path, server.url, more=VOTING)
    clear_it(tmp_path)
    pin_it(tmp_path)
    assert call("label", "--export-batch", "batch.jsonl", cwd=tmp_path).status == 0
    lines = read(tmp_path / "batch.jsonl")
    assert len({line["custom_id"] for line in lines}) == 30
    noisy = ChatBehaviour(noise=0.5)
    back = answered(lines, noisy, asks=[1, 2, 3] * 10)
    half = write(tmp_path, back[:14], "half.jsonl"), write(tmp_path, back[14:], "rest.jsonl")
    lacking = call("label", "--import-batch", half[0], "--json", cwd=tmp_path).json
    assert (lacking["kept"], lacking["left"]) == (4, 6)
    both = ("--import-batch", half[0], "--import-batch", half[1])
    assert call("label", *both, "--json", cwd=tmp_path).json["left"] == 0
    call("label", cwd=tmp_path)
    shares = pq.read_table(tmp_path / LABELS)["probabilities"].to_pylist()
    assert {round(share[0] * 3) for share in shares} > {0, 1}
    assert all(sum(share) == pytest.approx(1) for share in shares)


class TestRefused:
    def refused(
        self,
        call: Command,
        folder: Path,
        lines: Lines,
        status: int,
        said: str,
    ) -> None:
        answer = call("label", "--import-batch", write(folder, lines), cwd=folder)
        assert (answer.status, answer.out) == (status, "")
        assert said in answer.err
        assert call("label", "--dry-run", "--json", cwd=folder).json["to_ask"] == 30

    def test_answers_of_another_model(
        self, call: Command, export: Callable[[], list[Line]], folder: Path
    ) -> None:
        lines = answered(export())
        lines[7]["response"]["body"]["model"] = "another-1"
        self.refused(call, folder, lines, 1, "came from the model 'another-1'")

    def test_answers_to_something_else(
        self, call: Command, export: Callable[[], list[Line]], folder: Path
    ) -> None:
        lines = answered(export())
        lines[3]["custom_id"] = "00" * 32
        self.refused(call, folder, lines, 2, "1 of 30 lines answer nothing")

    def test_answers_to_another_pin(
        self,
        call: Command,
        export: Callable[[], list[Line]],
        folder: Path,
        server: ChatServer,
    ) -> None:
        lines = answered(export())
        write_project(folder, server.url, prompt="Is it? {body}")
        pin_it(folder)
        self.refused(call, folder, lines, 2, "30 of 30 lines answer nothing")

    def test_what_was_sent_instead_of_what_came_back(
        self, call: Command, export: Callable[[], list[Line]], folder: Path
    ) -> None:
        for lines in (export(), [{"id": 1}], [{"custom_id": 1, "response": {}}]):
            self.refused(call, folder, lines, 2, "line 1 is no answer of a batch service")

    def test_two_answers_that_differ(
        self, call: Command, export: Callable[[], list[Line]], folder: Path
    ) -> None:
        lines = answered(export())
        other = json.loads(json.dumps(lines[0]))
        other["response"]["body"]["created"] = 1
        self.refused(call, folder, [*lines, other], 2, "answered twice, and not alike")

    @pytest.mark.parametrize("flag", ["--export-batch", "--import-batch"])
    def test_without_a_clearance(self, call: Command, folder: Path, flag: str) -> None:
        path = folder / "terms" / "maker.toml"
        path.write_text(path.read_text("utf-8").replace("What free says.", "More."), "utf-8")
        write(folder, [], "some.jsonl")
        answer = call("label", flag, "some.jsonl", cwd=folder)
        assert answer.status == 1
        assert "since the clearance" in answer.err
        assert (folder / "some.jsonl").read_text("utf-8") == ""

    def test_flags_that_do_not_go_together(self, call: Command, folder: Path) -> None:
        answer = call("label", "--dry-run", "--export-batch", "x.jsonl", cwd=folder)
        assert answer.status == 2
        assert "do not go together" in answer.err
