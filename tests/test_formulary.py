"""The clinical values: complete, sourced, in keeping with the literature; and the curve's two directions agree."""

import shutil
import tomllib
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stripgen.domain.formulary import Curve, CurveShape, Formulary
from stripgen.errors import DataInvalid
from stripgen.files import data, load_formulary
from stripgen.planning.curves import occupancy_of

ROOT = Path(__file__).parent.parent
ARTICLE: dict[str, Any] = tomllib.loads((Path(__file__).parent / "data" / "article_tables.toml").read_text("utf-8"))
# templates/order-form.toml is not among them: it has places to fill in, and is TOML only when they are
DATA_FILES = sorted([*(ROOT / "stripgen" / "formulary").rglob("*.toml"), *(ROOT / "templates").glob("*/*.toml")])

DRUGS = {
    "citalopram",
    "escitalopram",
    "fluoxetine",
    "paroxetine",
    "sertraline",
    "venlafaxine",
    "desvenlafaxine",
    "duloxetine",
    "vortioxetine",
    "milnacipran",
    "risperidone",
    "olanzapine",
    "clozapine",
}

# id: (emax_percent, ed50_mg), typed in again from the reference so that a slip of a digit is found
CURVES = {
    "citalopram-article": ("93.6", "3.4"),
    "citalopram-sorensen-2022-striatum": ("83.98", "2.33"),
    "citalopram-horowitz-taylor-2019": ("93.9", "3.07"),
    "escitalopram-sorensen-2022-thalamus": ("78.67", "2.10"),
    "escitalopram-sorensen-2022-dorsal-raphe": ("89.57", "2.72"),
    "escitalopram-sorensen-2022-putamen": ("69.32", "1.22"),
    "escitalopram-klein-2006-midbrain": ("79.65", "1.81"),
    "fluoxetine-sorensen-2022-striatum": ("86.12", "1.89"),
    "paroxetine-sorensen-2022-striatum": ("97.14", "5.60"),
    "sertraline-sorensen-2022-striatum": ("92.01", "7.72"),
    "venlafaxine-sorensen-2022-striatum": ("90.07", "5.80"),
    "duloxetine-sorensen-2022-thalamus": ("90.75", "6.27"),
    "duloxetine-takano-2006-thalamus": ("100", "7.9"),
    "desvenlafaxine-pet-14-4": ("100", "14.4"),
    "desvenlafaxine-sorensen-2022-striatum": ("100.22", "16.11"),
    "vortioxetine-stenkrona-2013": ("100", "8.5"),
    "vortioxetine-sorensen-2022-raphe": ("102.24", "4.68"),
    "milnacipran-nogami-2013-sert": ("100", "122.5"),
    "risperidone-kapur-1999": ("91", "0.8"),
    "olanzapine-kapur-1999": ("92", "3.2"),
    "clozapine-kapur-1999": ("71", "112"),
}
STRIATUM_SERT = [
    "citalopram-article",
    "citalopram-sorensen-2022-striatum",
    "fluoxetine-sorensen-2022-striatum",
    "paroxetine-sorensen-2022-striatum",
    "sertraline-sorensen-2022-striatum",
    "venlafaxine-sorensen-2022-striatum",
    "desvenlafaxine-sorensen-2022-striatum",
]


def percent_of(dose_mg: float, curve: CurveShape) -> float:
    return 100 * float(occupancy_of(dose_mg, curve))


def shape(emax_percent: float = 90, ed50_mg: float = 4, hill: float = 1) -> CurveShape:
    numbers = {"emax_percent": emax_percent, "ed50_mg": ed50_mg, "hill": hill}
    return CurveShape(
        **{key: Decimal(str(number)) for key, number in numbers.items()}, target="SERT", source="Made up for this test"
    )


# --- against the literature ------------------------------------------------------------------------------------------


@pytest.fixture
def citalopram(formulary: Formulary) -> Curve:
    curve = formulary.default_curve_of("citalopram")
    assert curve is not None
    return curve


@pytest.mark.parametrize("row", ARTICLE["occupancy"], ids=lambda row: f"{row['dose_mg']} mg")
def test_the_default_citalopram_curve_is_within_two_points_of_each_row_of_the_article(
    row: dict[str, Any], citalopram: Curve
) -> None:
    low, high = row["percent"]

    assert low - 2 <= percent_of(row["dose_mg"], citalopram) <= high + 2


@pytest.mark.parametrize("cut", ARTICLE["cut"], ids=lambda cut: f"{cut['from_mg']} to {cut['to_mg']} mg")
def test_the_default_citalopram_curve_is_within_one_and_a_half_points_of_each_change_in_the_article(
    cut: dict[str, Any], citalopram: Curve
) -> None:
    change = percent_of(cut["from_mg"], citalopram) - percent_of(cut["to_mg"], citalopram)

    assert change == pytest.approx(cut["change_points"], abs=1.5)


def test_the_article_has_seven_rows_and_six_changes() -> None:
    assert (len(ARTICLE["occupancy"]), len(ARTICLE["cut"])) == (7, 6)


@pytest.mark.parametrize("curve_id", STRIATUM_SERT)
def test_a_striatum_curve_gives_75_to_85_percent_at_the_minimum_effective_dose(
    curve_id: str, formulary: Formulary
) -> None:
    curve = formulary.curves[curve_id]
    minimum_mg = formulary.drugs[curve.drug].minimum_effective_mg

    assert minimum_mg is not None
    assert 75 <= percent_of(float(minimum_mg), curve) <= 85


def test_every_striatum_curve_of_the_transporter_is_held_to_that(formulary: Formulary) -> None:
    striatum = [c.id for c in formulary.curves.values() if (c.target, c.region) == ("SERT", "striatum")]

    assert striatum == STRIATUM_SERT


# --- complete and sourced --------------------------------------------------------------------------------------------


def test_the_thirteen_drugs_of_the_reference_are_there(formulary: Formulary) -> None:
    assert len(DRUGS) == 13
    assert set(formulary.drugs) == DRUGS


def test_the_twenty_one_curves_of_the_reference_are_there_with_their_numbers(formulary: Formulary) -> None:
    assert len(CURVES) == 21
    assert {id_: (curve.emax_percent, curve.ed50_mg) for id_, curve in formulary.curves.items()} == {
        id_: (Decimal(emax), Decimal(ed50)) for id_, (emax, ed50) in CURVES.items()
    }
    assert all(curve.hill == 1 for curve in formulary.curves.values())


def test_escitalopram_alone_has_no_default_curve(formulary: Formulary) -> None:
    without = [drug for drug in formulary.drugs if formulary.default_curve_of(drug) is None]

    assert without == ["escitalopram"]
    assert len(formulary.curves_of("escitalopram")) == 4


@pytest.mark.parametrize("drug", sorted(DRUGS - {"escitalopram"}))
def test_the_default_curve_comes_first_among_the_curves_of_its_drug(drug: str, formulary: Formulary) -> None:
    curves = formulary.curves_of(drug)

    assert curves[0] == formulary.default_curve_of(drug)
    assert [curve.default for curve in curves] == [True] + [False] * (len(curves) - 1)
    assert {curve.drug for curve in curves} == {drug}


@pytest.mark.parametrize("curve_id", CURVES)
def test_each_curve_names_its_source_and_grade(curve_id: str, formulary: Formulary) -> None:
    curve = formulary.curves[curve_id]

    assert len(curve.source) > 20
    assert curve.grade in {"A", "B", "C"}
    assert curve.grade != "C" or curve.note, "grade C: the derivation stands in the note"
    assert curve.studied_mg is None or curve.studied_mg[0] < curve.studied_mg[1]


@pytest.mark.parametrize("drug", sorted(DRUGS))
def test_a_fact_nobody_confirmed_is_empty_and_a_fact_that_is_empty_is_named(drug: str, formulary: Formulary) -> None:
    facts = formulary.drugs[drug]
    empty = {
        fact
        for fact in ("atc", "minimum_effective_mg", "maximum_daily_mg", "half_life_h", "strengths_mg")
        if not getattr(facts, fact)
    }

    assert set(facts.unconfirmed) == empty


@pytest.mark.parametrize("path", DATA_FILES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_data_file_loads_and_says_its_schema(path: Path) -> None:
    text = path.read_text("utf-8")
    data = tomllib.loads(text, parse_float=Decimal)

    assert text.startswith("#"), "a comment says what the file is and from where"
    assert data["schema"] == 1


def test_the_two_formulary_files_are_among_the_data_files() -> None:
    assert {"drugs.toml", "curves.toml"} <= {path.name for path in DATA_FILES}


# --- a damaged formulary ---------------------------------------------------------------------------------------------


@pytest.fixture
def damaged(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a copy of the formulary folder, to be damaged, that `load_formulary` reads."""
    folder = tmp_path / "formulary"
    shutil.copytree(ROOT / "stripgen" / "formulary", folder)
    monkeypatch.setattr(data, "_PACKAGE", tmp_path)
    return folder


@pytest.mark.parametrize(
    ("name", "found", "put", "problem"),
    [
        (
            "curves.toml",
            'id = "duloxetine-t',
            'id = "clozapine-kapur-1999"#',
            "clozapine-kapur-1999: is there twice",
        ),
        ("curves.toml", 'drug = "clozapine"', 'drug = "clozapin"', "'clozapin' is not in drugs.toml"),
        ("curves.toml", "# escitalopram has no default", "[[curve]]\nid = 5\n#", "curve[4].id: 5 is not text"),
        ("curves.toml", "emax_percent = 93.6", "emax_percent = 936", "curve[1].emax_percent: 936 is out of range"),
        ("curves.toml", "ed50_mg = 3.4", "ed50_mg = nan", "curve[1].ed50_mg: NaN is not a finite number"),
        ("curves.toml", "ed50_mg = 3.4", "ed50_mg = -3.4", "curve[1].ed50_mg: -3.4 is out of range"),
        ("curves.toml", "ed50_mg = 3.4", "ed5O_mg = 3.4", "curve[1].ed5O_mg: unknown key (did you mean ed50_mg?)"),
        ("curves.toml", 'grade = "C"', 'grade = "D"', "curve[1].grade: 'D' is not allowed"),
        ("curves.toml", "schema = 1", "schema = ", "is not a TOML text file"),
        (
            "drugs.toml",
            "maximum_daily_mg = 40",
            "maximum_daily_mg = '40'",
            "citalopram.maximum_daily_mg: '40' is text",
        ),
        ("drugs.toml", 'class = "SSRI"', "", "drug.citalopram.class: is missing"),
    ],
)
def test_a_damaged_formulary_is_refused_with_the_place_and_the_reason(
    name: str, found: str, put: str, problem: str, damaged: Path
) -> None:
    text = (damaged / name).read_text("utf-8")
    assert found in text
    (damaged / name).write_text(text.replace(found, put, 1), "utf-8")

    with pytest.raises(DataInvalid) as caught:
        load_formulary()

    assert any(problem in str(one) for one in caught.value.problems)
    assert caught.value.source == str(damaged / name)
    assert caught.value.exit_code == 4


def test_two_default_curves_of_one_drug_are_refused(damaged: Path) -> None:
    path = damaged / "curves.toml"
    text = path.read_text("utf-8")
    path.write_text(
        text.replace('id = "duloxetine-takano-2006-thalamus"\n', 'id = "another"\ndefault = true\n'), "utf-8"
    )

    with pytest.raises(DataInvalid, match="duloxetine has several default curves; one at most"):
        load_formulary()


@pytest.mark.parametrize("name", ["drugs.toml", "curves.toml"])
def test_a_missing_formulary_file_is_reported_by_its_path(name: str, damaged: Path) -> None:
    (damaged / name).unlink()

    with pytest.raises(DataInvalid, match="cannot be read"):
        load_formulary()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("drugs.toml", "schema = 1\n"),
        ("drugs.toml", 'schema = 1\nsource = "x"\n'),
        ("drugs.toml", 'schema = 1\nsource = "x"\n[drug]\ncitalopram = 5\n'),
        ("drugs.toml", 'schema = 1\nsource = "x"\ndrug = 5\n'),
        ("curves.toml", "schema = 1\n"),
        ("curves.toml", "schema = 1\ncurve = 5\n"),
        ("curves.toml", "schema = 1\ncurve = [5]\n"),
        ("curves.toml", "schema = 2\ncurve = []\n"),
    ],
)
def test_a_formulary_file_without_its_tables_is_data_that_is_invalid_and_not_a_bug(
    name: str, content: str, damaged: Path
) -> None:
    (damaged / name).write_text(content, "utf-8")

    with pytest.raises(DataInvalid):
        load_formulary()


# --- the curve's two directions --------------------------------------------------------------------------------------


def test_the_ed50_gives_half_of_emax_whatever_the_hill_exponent() -> None:
    assert [percent_of(4, shape(90, 4, hill)) for hill in (0.2, 1, 5)] == pytest.approx([45, 45, 45])


@given(st.floats(0, 2000), st.floats(0, 2000), st.floats(1, 110), st.floats(0.2, 5))
def test_more_drug_never_occupies_less_and_never_more_than_everything(
    one_mg: float, other_mg: float, emax_percent: float, hill: float
) -> None:
    curve = shape(emax_percent, 4, hill)
    less, more = occupancy_of(sorted([one_mg, other_mg]), curve)

    assert 0 <= less <= more <= 1


def test_an_emax_above_100_percent_is_clamped_to_full_occupancy(formulary: Formulary) -> None:
    curve = formulary.curves["vortioxetine-sorensen-2022-raphe"]

    assert percent_of(2000, curve) == 100.0
    assert percent_of(20, curve) < 100
