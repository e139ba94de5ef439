"""Prohibited matters (P5): a lexicon gives candidates, who stands beside the word decides."""

import pytest

from tayori.opinions.prohibited import Level, list_terms
from tests.opinions.builders import fact

TOPICS = """寺町の寺が古い
教会通りの歩道が狭い
犯罪抑止のカメラを増やしてください
宗教法人の境内の倒木が危険です
創価大学前のバスが来ない
神社の祭礼の騒音がひどい
同和鉱業の跡地です
同和問題の講演会に参加しました
部落会の掃除です
前科三犯の漫才が面白かった
がん検診の予約が取れません
障害者手帳の申請窓口が混んでいる
在日米軍のヘリがうるさい
思想史の講座を増やしてほしい
寒い中ながんでいる
設計思想が古い
思想信条の自由を守ってください
国籍法の改正について
アイドルの信者が多い
私はこの商店街の信者です
逮捕者が出た催しの中止を求めます
障害者が使えるトイレが足りません
がんの治療を受ける人への助成
統合失調症の患者が増えている
国籍を問わず参加できる
詐欺が増えています
渋滞の障害となっています
私は障害者福祉に関心があります"""
OWN = """creed:私は創価学会の会員です
creed:私には信教があり豚肉を食べません
creed:うちは神社の氏子で、寄付を断れません
discrimination:生活保護を受けています
discrimination:私は中国籍です
discrimination:私は被差別部落出身です
crime:逮捕されたことがあります
crime:前科があります
sensitive_by_act:母は認知症です
sensitive_by_act:発達障害の息子を育てています
sensitive_by_act:長男がADHDと診断されました
sensitive_by_act:夫はうつ病で休職中です
sensitive_by_act:私は佐藤と申します。がんを患っています"""
OTHERS = """隣の佐藤さんは前科があるそうです
田中さんは創価学会の信者です
山本課長は統合失調症だと聞きました
103号室の鈴木さんが覚醒剤で逮捕されました"""


@pytest.mark.parametrize("text", TOPICS.splitlines())
def test_a_topic_is_no_fact_about_a_person(text: str) -> None:
    """Places, offices, idioms, policies and people in general: nothing is masked, nobody is told."""
    found = fact(text)
    assert found.level <= Level.TOPIC
    assert "［" not in found.masked_text


@pytest.mark.parametrize("line", OWN.splitlines())
def test_a_fact_about_the_writer_or_their_kin_is_masked_and_told(line: str) -> None:
    """Level 2: the word goes from the copy for analysis, the list it belongs to is named, the letter counts on."""
    name, text = line.split(":", 1)
    found = fact(text)
    assert found.level == Level.OWN
    assert found.lists == (name,)
    assert found.masked_spans[name] >= 1
    assert not {"創価学会", "中国籍", "生活保護", "認知症", "前科"} & set(found.terms)


@pytest.mark.parametrize("text", OTHERS.splitlines())
def test_a_fact_about_a_named_third_party_stays_out_of_analysis(text: str) -> None:
    """Level 3: no text, no words, a field of its own; the letter still has its row and is counted."""
    found = fact(text)
    assert (found.level, found.masked_text, found.terms, found.theme) == (Level.THIRD_PARTY, "", (), "分析対象外")
    assert found.month == "2026-05"


def test_the_papers_three_lists_stay_apart_from_the_acts_and_the_wards() -> None:
    """特記事項5(1) to (3), 5(4) as the ward names it, and what the Act adds are five lists."""
    assert list(list_terms()) == ["creed", "discrimination", "crime", "sensitive_by_act", "ward_secret"]
