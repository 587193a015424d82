import csv
import dataclasses
import doctest
import json
import os
import shlex
import subprocess
import sys
from html.parser import HTMLParser
from importlib import import_module

import numpy as np
import pytest
from click.testing import CliRunner

from lab.cli.commands import main
from lab.cli.settings import line
from lab.experiment import ARMS, Curve, Progress
from lab.experiments import EXPERIMENTS
from lab.experiments.bn_parameters import BnParameters
from lab.experiments.faster_not_better import FasterNotBetter
from lab.report import COLUMNS, Report, figure

SMALL = {"steps": 10, "width": 8, "depth": 2, "seeds": 2, "every": 5, "tuning_steps": 5, "rates": (0.1, 1.0)}
TINY = shlex.split("bn_parameters --steps 10 --width 4 --depth 1 --recorded 3")
SMALL_LINE = shlex.split("--steps 10 --width 8 --depth 2 --seeds=2 --every 5 --tuning_steps 5 --rates 0.1,1")


def lab(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def rows(path):
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


class Page(HTMLParser):
    """What a page says, and where it would have the browser go."""

    def __init__(self, text):
        super().__init__()
        self.said, self.addresses, self.policy, self.inside = [], [], "", ""
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.inside = tag
        self.addresses += [value for name, value in attrs if name in ("src", "href")]
        if ("http-equiv", "Content-Security-Policy") in attrs:
            self.policy = dict(attrs)["content"]

    def handle_endtag(self, tag):
        self.inside = ""

    def handle_data(self, data):
        if self.inside not in ("script", "style"):
            self.said.append(data)

    def text(self):
        return " ".join(" ".join(self.said).split())


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """Run a program of its own, in a folder of its own."""
    folder = tmp_path_factory.mktemp("ran")
    root = os.path.dirname(os.path.dirname(import_module("lab").__file__))
    done = subprocess.run(
        [sys.executable, "-m", "lab", "run", "faster-not-better", *SMALL_LINE], cwd=folder, capture_output=True,
        env={**os.environ, "PYTHONPATH": root, "PYTHONIOENCODING": "utf-8"}, encoding="utf-8", timeout=60,
    )  # fmt: skip
    return folder, done


@pytest.fixture(scope="module")
def result():
    return FasterNotBetter(**SMALL).result()


def test_a_run_prints_the_verdict_alone_and_names_its_files_beside_it(ran, result):
    folder, done = ran
    assert (done.returncode, done.stdout) == (0, result.verdict() + "\n")
    (made,) = (folder / "runs").iterdir()
    assert made.name.startswith("faster-not-better-")
    assert {file.name for file in made.iterdir()} == {"configuration.json", "curves.csv", "report.html"}
    assert done.stderr.splitlines() == [
        FasterNotBetter.title, *(f"Wrote {made.relative_to(folder) / name}" for name in ("curves.csv", "report.html"))
    ]  # fmt: skip
    content = json.loads((made / "configuration.json").read_text(encoding="utf-8"))
    assert content.pop("experiment") == "faster-not-better"
    assert FasterNotBetter(**content) == FasterNotBetter(**SMALL)


def test_the_table_holds_every_number_of_the_result_as_it_is(ran, result):
    read = rows(next(ran[0].rglob("curves.csv")))
    assert tuple(read[0]) == COLUMNS
    for arm, name in enumerate(ARMS):
        for seed in (0, 1):
            own = [r for r in read if (r["arm"], r["seed"]) == (name, str(seed))]
            assert {(r["quantity"], r["along"]) for r in own} == {("held-out accuracy, %", "step")}
            assert [int(r["x"]) for r in own] == [0, 5, 10]
            assert [float(r["y"]) for r in own] == (100 * result.accuracy[arm, seed]).tolist()
        tuning = [r for r in read if (r["arm"], r["seed"]) == (name, "")]
        assert [float(r["x"]) for r in tuning] == [0.1, 1.0]
        assert [float(r["y"]) for r in tuning] == result.tuning_loss[arm].tolist()
    assert len(read) == 2 * (2 * 3 + 2)


def test_the_page_says_what_was_asked_and_found_and_needs_no_network(ran, result):
    raw = next(ran[0].rglob("report.html")).read_text(encoding="utf-8")
    page = Page(raw)
    for said in (FasterNotBetter.title, FasterNotBetter.claim, FasterNotBetter.source, result.verdict()):
        assert said in page.text()
    assert "rates 0.1, 1.0 Learning rates to try" in page.text()
    assert "Stopped" not in page.text()
    assert page.addresses == []
    assert page.policy.startswith("default-src 'none';")
    assert "Plotly.newPlot" in raw
    assert len(raw) > 1_000_000  # the script itself


def test_words_with_signs_of_html_stay_words(result):
    class Signs(FasterNotBetter):
        title = "<script>alert(1)</script>"
        claim = "a < b & c."

    class Odd:
        def verdict(self):
            return "p < 0.05 & <b>bold</b>."

        def curves(self):
            yield Curve("<i>loss</i>", "</script><b>", np.arange(2), np.arange(2.0))

    raw = Report(Signs(**SMALL), Odd()).page()
    assert "p < 0.05 & <b>bold</b>." in Page(raw).text()
    assert "a < b & c." in Page(raw).text()
    for tag in ("<script>alert", "<b>bold", "<i>loss", "</script><b>"):
        assert tag not in raw


def test_seeds_are_thin_and_their_mean_is_bold_and_each_arm_stands_once_in_the_legend():
    x = np.arange(3)
    curves = [
        *(Curve(q, arm, x, np.array([seed, np.nan if seed else 1, 2 * seed]), seed)
          for q in ("loss", "accuracy") for arm in ARMS for seed in (0, 1)),
        Curve("tuning", ARMS[0], np.array([0.1, 1.0, 10.0]), np.ones(3), along="learning rate"),
    ]  # fmt: skip
    drawn = figure(curves)
    axes = [f"{t['xaxis']} {t['yaxis']}" for t in drawn["data"]]
    assert [axes.count(name) for name in ("x y", "x2 y2", "x3 y3")] == [6, 6, 1]
    bold = [t for t in drawn["data"] if t["line"]["width"] > 1]
    assert len(bold) == 5
    assert bold[0]["y"][::2] == [0.5, 1.0]  # means of 0 and 1, and of 0 and 2
    assert np.isnan(bold[0]["y"][1])  # of a run that has ended there is no mean
    assert [t["name"] for t in drawn["data"] if t["showlegend"]] == list(ARMS)
    assert len({(t["line"]["color"], t["line"]["dash"]) for t in bold}) == 2
    assert [drawn["layout"][f"xaxis{n}"]["type"] for n in ("", "2", "3")] == ["linear", "linear", "log"]
    assert drawn["layout"]["xaxis3"]["tickvals"] == [0.1, 1.0, 10.0]


@pytest.mark.parametrize("count", [1, 2, 7, 8, 14, 49])
def test_arms_differ_in_colour_or_dash(count):
    drawn = figure([Curve("loss", str(arm), np.arange(20), np.zeros(20)) for arm in range(count)])["data"]
    assert len({(trace["line"]["color"], trace["line"]["dash"]) for trace in drawn}) == count


def test_ctrl_c_leaves_what_there_was_and_says_that_it_is_partial(tmp_path, monkeypatch):
    whole = BnParameters.run

    def interrupted(self):
        for progress in whole(self):  # records steps 0, 2 and 10
            yield progress
            if progress.done == 0.2:
                raise KeyboardInterrupt

    assert lab("run", *TINY, "--no-html", "--out", tmp_path).exit_code == 0
    before = (tmp_path / "curves.csv").read_bytes()
    monkeypatch.setattr(BnParameters, "run", interrupted)
    ended = lab("run", *TINY, "--out", tmp_path)
    assert ended.exit_code == 130
    sentence = "Stopped at 20 % of the run: this is what there was."
    assert sentence in ended.stderr
    assert "After 2 steps (" in ended.stdout
    assert {int(r["x"]) for r in rows(tmp_path / "partial-curves.csv")} == {0, 2}
    page = Page((tmp_path / "partial-report.html").read_text(encoding="utf-8")).text()
    assert sentence in page
    assert ended.stdout.strip() in page
    assert (tmp_path / "curves.csv").read_bytes() == before  # the whole run's file stays


def test_ctrl_c_before_anything_was_recorded_writes_nothing(tmp_path, monkeypatch):
    def at_once(self):
        raise KeyboardInterrupt
        yield Progress(1.0, None)

    monkeypatch.setattr(FasterNotBetter, "run", at_once)
    ended = lab("run", "faster-not-better", "--out", tmp_path / "new")
    assert (ended.exit_code, ended.stdout) == (130, "")
    assert "nothing is written" in ended.stderr
    assert not (tmp_path / "new").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ("covariat_shift", "got covariat_shift. Did you mean covariate-shift?"),
        ("zzz", "run: the experiment must be one of bn-parameters, covariate-shift, "),
        ("bn-parameters --rates 5", "bn-parameters has no setting --rates; it has --steps, --rate, "),
        ("bn-parameters --rates 5", "--seeds, --data. Did you mean --rate?"),
        ("faster-not-better --tunning-steps=5", "Did you mean --tuning-steps?"),
        ("faster-not-better --rate 1", "faster-not-better has no setting --rate; it has --target, --steps, --rates, "),
        ("faster-not-better --steps many", "steps must be an integer, got 'many'. Updates of the weights."),
        ("faster-not-better --steps 20.5", "steps must be an integer, got 20.5."),
        ("faster-not-better --rates 0.1,x", "rates must be a number, got 'x'."),
        ("faster-not-better --rates 0.1,1e9", "rates must be in [0.0001, 10], got 1000000000.0."),
        ("faster-not-better --target nan", "target must be in [0.1, 1], got nan."),
        ("digits-convnet --channels=", "channels must hold a value, got none."),
        ("digits-convnet --data mnst", "data must be one of digits, mnist, cifar10, got 'mnst'."),
        ("digits-convnet --data mnist", "mnist: the folder must exist, got "),
        ("bn-parameters --data mnist", "bn-parameters: data must be digits, which is all that it learns, got 'mnist'."),
    ],
)
def test_what_cannot_be_run_is_said_in_one_sentence(arguments, said, tmp_path, monkeypatch):
    monkeypatch.setenv("MNIST_FOLDER", str(tmp_path / "none"))
    ended = lab("run", *arguments.split(), "--out", tmp_path / "out")
    assert (ended.exit_code, ended.stdout) == (2, "")
    assert said in ended.stderr
    assert len([text for text in ended.stderr.splitlines() if text != EXPERIMENTS["digits_convnet"].title]) == 1
    assert not (tmp_path / "out").exists()


def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_trained(tmp_path, monkeypatch):
    monkeypatch.setattr(FasterNotBetter, "run", None)
    (tmp_path / "file").write_text("mine")
    for place in ("file", "file/deeper"):
        ended = lab("run", "faster-not-better", "--out", tmp_path / place)
        assert ended.exit_code == 2
        assert f"{tmp_path / place} must be a folder that can be written, and" in ended.stderr
        assert f"{tmp_path / 'file'} is none" in ended.stderr
    assert (tmp_path / "file").read_text() == "mine"


def test_files_of_something_else_are_not_overwritten(tmp_path):
    tiny = [*TINY, "--no-html"]
    assert lab("run", *tiny, "--out", tmp_path).exit_code == 0
    first = (tmp_path / "curves.csv").read_bytes()
    other = lab("run", *tiny, "--seeds", 2, "--out", tmp_path)
    assert other.exit_code == 2
    assert "its configuration.json is of something else. Name another folder." in other.stderr
    again = lab("run", *tiny, "--out", tmp_path)
    assert (again.exit_code, (tmp_path / "curves.csv").read_bytes()) == (0, first)
    (tmp_path / "b").mkdir()
    (tmp_path / "b" / "curves.csv").write_text("mine")
    assert "its curves.csv is of something else" in lab("run", *tiny, "--out", tmp_path / "b").stderr
    assert (tmp_path / "b" / "curves.csv").read_text() == "mine"


def test_a_folder_is_a_configuration_s_own(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    tiny = ["run", *TINY, "--no-html", "--quiet"]
    for more in ([], ["--rate", "0.1"], ["--rate", "1"], ["--no-csv"]):  # the second names the default
        ended = lab(*tiny, *more)
        assert (ended.exit_code, ended.stderr) == (0, "")
    assert len(list((tmp_path / "runs").iterdir())) == 2


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_setting_of_every_experiment_can_be_given(name):
    kind = EXPERIMENTS[name]
    ends = {field: mark.options[::-1] for field, mark in kind.choices().items()}
    for field, mark in kind.hypers().items():
        one = getattr(kind, field)[0] if isinstance(getattr(kind, field), tuple) else getattr(kind, field)
        ends[field] = type(one)(mark.high), type(one)(mark.low)
    wanted = {
        field: (ends[field][0], ends[field][-1]) if isinstance(getattr(kind, field), tuple) else ends[field][0]
        for field in ends
    }
    command = main.commands["run"].get_command(None, name)
    given = command.make_context(name, shlex.split(line(wanted))).params
    assert {field: repr(given[field]) for field in wanted} == {field: repr(value) for field, value in wanted.items()}


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_experiment_can_be_run_as_it_is_and_on_the_digits(name, monkeypatch):
    kind, made = EXPERIMENTS[name], []
    monkeypatch.setattr("lab.cli.commands._report", lambda _, experiment, *rest: made.append(experiment))
    for spelled, more in ((name, ()), (name.replace("_", "-"), ("--data", "digits"))):
        lab("run", spelled, *more)
    assert made == [kind(), kind(data="digits") if "data" in kind.choices() else kind()]
    taken = {field.name for field in dataclasses.fields(kind)} & {"out", "csv", "html", "quiet", "help"}
    assert not taken


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_an_experiment_without_a_choice_of_data_learns_the_digits(name):
    if "data" not in EXPERIMENTS[name].choices():
        assert hasattr(import_module(f"lab.experiments.{name}"), "digits")


@pytest.mark.parametrize("name", EXPERIMENTS)
def test_every_setting_is_explained_with_its_range_and_default(name):
    kind = EXPERIMENTS[name]
    said = " ".join(lab("run", name, "--help").stdout.split())
    for field, mark in {**kind.hypers(), **kind.choices()}.items():
        assert f"--{field.replace('_', '-')} " in said
        assert f"{mark.doc};" in said
    assert "Updates of the weights; 10 to 50000. [default: 1500]" in " ".join(
        lab("run", "bn-parameters", "--help").stdout.split()
    )


def test_the_list_names_every_experiment_with_its_claim_and_defaults():
    said = " ".join(lab("list").stdout.split())
    for name, kind in EXPERIMENTS.items():
        assert f"{name.replace('_', '-')}: {kind.title} {kind.claim} --" in said
    assert "--target 0.95 --steps 300 --rates 0.05,0.1,0.2,0.4,0.8,1.6 --tuning-steps 100 --momentum 0" in said


def test_the_first_record_of_a_run_makes_a_whole_report():
    report = Report(BnParameters(steps=10), next(BnParameters(steps=10).run()).result, 0.0)
    assert "Stopped at 0 % of the run" in Page(report.page()).text()


@pytest.mark.parametrize("module", ["lab.cli.settings", "lab.cli.training"])
def test_the_examples_in_the_documentation_are_true(module):
    failed, tried = doctest.testmod(import_module(module))
    assert tried > 0
    assert failed == 0
