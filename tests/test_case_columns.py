"""Cases as columns: whatever is counted of them is what SQL counts of the tables that they are read from."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from typing import Any

import numpy as np
import pytest

from db.pages.case_columns import Cases, read_cases
from tests import pooled_cases


@pytest.fixture(scope="module")
def connection(tmp_path_factory: pytest.TempPathFactory) -> Iterator[sqlite3.Connection]:
    path = pooled_cases.build(tmp_path_factory.mktemp("columns") / "casebook.db")
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("insert into possible_same_patient values ('alpha-0/1', 'alpha-1/1', 2, 'invented')")
        connection.execute("insert into possible_same_patient values ('alpha-0/1', 'untimed-0/1', 2, 'invented')")
        yield connection


@pytest.fixture(scope="module")
def cases(connection: sqlite3.Connection) -> Cases:
    return read_cases(connection)


def counted(connection: sqlite3.Connection, sql: str, *values: str) -> dict[Any, int]:
    return dict(connection.execute(sql, values).fetchall())


@pytest.mark.parametrize("column", ["tumour_group", "histology", "site", "age", "decade", "death_of_any_cause", "return_or_death", "sex"])
def test_words_are_counted_as_in_the_table(connection: sqlite3.Connection, cases: Cases, column: str) -> None:
    words = cases.words[column]
    assert words.counts() == counted(connection, f"select {column}, count(*) from case_outcome group by 1")
    women = cases.words["sex"].are("female")
    of_women = counted(connection, f"select {column}, count(*) from case_outcome where sex = 'female' group by 1")
    assert words.counts(women) == of_women != {}
    assert words.distinct(women) == len(of_women)


def test_what_is_not_told_is_no_number_and_no_word(connection: sqlite3.Connection, cases: Cases) -> None:
    ((n_told, total),) = connection.execute("select count(age_years), sum(age_years) from patient_case")
    ages = cases.numbers["age_years"]
    assert 0 < n_told == np.count_nonzero(~np.isnan(ages)) < cases.n_cases
    assert np.nansum(ages) == total
    assert cases.words["survival_end"].counts()[""] == np.count_nonzero(np.isnan(cases.numbers["survival_months"])) > 0
    assert not cases.words["site"].are("nowhere").any()


def test_the_dose_of_a_case_is_its_highest_from_outside(connection: sqlite3.Connection, cases: Cases) -> None:
    sql = "select case_id, max(total_dose_gy) from radiotherapy_dose where kind = 'external' and case_id is not null group by 1"
    highest = [dose for dose in counted(connection, sql).values() if dose is not None]
    doses = cases.numbers["total_dose_gy"]
    assert highest
    assert sorted(doses[~np.isnan(doses)]) == sorted(highest)


def test_a_case_has_one_result_for_a_marker(connection: sqlite3.Connection, cases: Cases) -> None:
    every = counted(connection, "select case_id, group_concat(distinct result) from ihc_result where marker = 'CD34' group by 1")
    words = {
        "positive": "positive", "negative": "negative", "equivocal": "equivocal", "other_cells": "other cells only",
        "negative,positive": "positive and negative", "positive,negative": "positive and negative",
    }  # fmt: skip
    wanted = [words[str(results)] for results in every.values()]
    assert "positive and negative" in wanted
    assert "other cells only" in wanted
    for result in set(wanted):
        assert cases.with_said(cases.stains, "CD34", (result,)).sum() == wanted.count(result)
    assert cases.with_said(cases.stains, "CD34").sum() == len(every)
    assert cases.results_of(cases.stains, "CD34").counts() == {name: wanted.count(name) for name in wanted} | {
        "": cases.n_cases - len(every)
    }
    assert not cases.with_said(cases.stains, "no such marker").any()


def test_things_of_a_case_are_counted_once(connection: sqlite3.Connection, cases: Cases) -> None:
    for said, sql in (
        (cases.drugs, "select name, count(distinct case_id) from drug group by 1"),
        (cases.genes, "select gene || ' ' || alteration, count(distinct case_id) from molecular_test group by 1"),
        (cases.stains, "select marker, count(distinct case_id) from ihc_result group by 1"),
    ):
        assert said.things.counts() == counted(connection, sql) != {}


def test_pairs_of_one_patient_are_counted_where_both_are_chosen(cases: Cases) -> None:
    assert cases.pairs(cases.all()) == 2
    assert cases.pairs(cases.words["death_of_any_cause"].are("counted")) == 1
    assert cases.pairs(~cases.all()) == 0
