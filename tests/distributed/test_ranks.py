"""Several ranks train as one process would, and tell what is wrong instead of waiting for ever."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from tests.distributed.launch import check_worker, run_worker


@pytest.mark.parametrize("ranks", [1, 2, 4])
@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
def test_twenty_steps_equal_one_process(ranks: int, optimizer: str) -> None:
    check_worker(ranks, "equal", optimizer, "cpu")


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_one_copy_each_way_per_step_on_a_device(ranks: int) -> None:
    check_worker(ranks, "equal", "sgd", "strict")


@pytest.mark.parametrize("ranks", [1, 2, 4])
def test_synchronised_batch_norm_equals_one_process(ranks: int) -> None:
    check_worker(ranks, "batch_norm", "plain", "cpu", "float32")


@pytest.mark.parametrize(("ranks", "device"), [(4, "cpu"), (2, "strict")])
def test_synchronised_batch_norm_equals_one_process_to_the_last_digits(ranks: int, device: str) -> None:
    check_worker(ranks, "batch_norm", "sgd", device, "float64")


@pytest.mark.parametrize(
    ("ranks", "case"),
    [
        (2, "plain_batch_norm"),
        (2, "sync_norm_second_derivative"),
        (4, "sync_norm_second_derivative"),
        (2, "clip"),
        (3, "gradients"),
        (2, "new_group"),
        (3, "misuse"),
        (3, "parts"),
    ],
)
def test_case(ranks: int, case: str) -> None:
    check_worker(ranks, case)


@pytest.mark.parametrize(("ranks", "rank"), [(2, 0), (2, 1), (4, 2)])
def test_a_rank_that_raises_ends_all_with_its_traceback(ranks: int, rank: int) -> None:
    begin = time.monotonic()
    done = run_worker(ranks, "raise", rank)
    assert time.monotonic() - begin < 10  # a bound on waiting, not on speed: without an abort it never ends
    assert done.returncode != 0
    assert f"ArithmeticError: planted on rank {rank}" in done.stderr
    assert "in case_raise" in done.stderr


@pytest.mark.parametrize("where", ["broadcast", "step"])
@pytest.mark.parametrize(
    ("what", "words"),
    [
        ("count", "rank 0 has 2 parameters, rank 1 has 4 (only one of them has 1.weight, 1.bias)"),
        ("shape", "rank 0 has '0.weight' of shape (3, 5) and float32, where rank 1 has '0.weight' of shape (4, 5)"),
    ],
)
def test_models_that_differ_are_told(where: str, what: str, words: str) -> None:
    done = run_worker(2, "mismatch", where, what)
    assert done.returncode != 0
    assert words in done.stderr


def test_models_that_start_with_other_values_are_told() -> None:
    done = run_worker(3, "mismatch", "step", "values")
    assert done.returncode != 0
    assert "'0.weight' has other values on the ranks [1, 2] than on rank 0" in done.stderr


def test_models_that_a_broadcast_made_equal_pass() -> None:
    check_worker(2, "mismatch", "broadcast", "values")


def test_models_that_agree_pass() -> None:
    check_worker(2, "mismatch", "step", "none")


def test_checkpoint(tmp_path: Path) -> None:
    check_worker(2, "checkpoint", tmp_path / "checkpoint.npz")


def test_a_file_that_cannot_be_written_is_told_on_every_rank(tmp_path: Path) -> None:
    check_worker(2, "save_fails", tmp_path / "nowhere" / "checkpoint.npz")


@pytest.mark.parametrize(
    "call", ["create_communicator", "barrier", "broadcast", "allgather", "allreduce_sum", "broadcast_array"]
)
def test_a_rank_that_is_left_alone_says_what_it_waits_for(call: str) -> None:
    done = run_worker(2, "leaves_early", call)
    assert done.returncode != 0
    assert f"RuntimeError: {call}: rank 0 waited 1 seconds for the other ranks" in done.stderr


@pytest.mark.parametrize(
    ("first", "others", "words"),
    [
        (
            "barrier",
            "allgather",
            "barrier: the ranks do different things: rank 0 makes this call while rank 1 calls allg",
        ),
        ("broadcast", "broadcast_array", "rank 0 makes this call while rank 1 calls broadcast_array"),
        ("create_communicator", "barrier", "rank 0 makes this call while rank 1 calls barrier"),
        ("short", "allreduce_sum", "rank 0 has one of shape (2,) and float64, rank 1 one of another"),
        ("broadcast_array", "single", "rank 0 has one of shape (3,) and float64, rank 1 one of another"),
    ],
)
def test_ranks_that_do_different_things_are_told(first: str, others: str, words: str) -> None:
    done = run_worker(3, "other_call", first, others)
    assert done.returncode != 0
    assert words in done.stderr
