"""Names as one greets with them."""

import pytest

from campaigns.people.names import (
    greeting_last_name,
    greeting_name,
    job_in,
    split_name,
    without_empty_words,
)


@pytest.mark.parametrize(
    ("first", "last", "greeted"),
    [
        ("Ada", "Example", "Ada"),
        ("ADA", "EXAMPLE", "Ada"),
        ("ada", "example", "Ada"),
        ("Dr. Ada 🚀", "Example", "Ada"),
        ("Prof. Dr. Ada B.", "Example", "Ada"),
        ("Ada (she/her)", "Example", "Ada"),
        ("Ada | Coach", "Example", "Ada"),
        ("Ada Example", "Example", "Ada"),
        ("JEAN-LUC", "Example", "Jean-Luc"),
        ("JP", "Example", "JP"),
        ("Mary Ann", "Example", "Mary Ann"),
        ("李", "王", "李"),
        ("🚀", "Example", ""),
        ("", "Example", ""),
        ("Dr. med. dent. Ada", "Example", "Ada"),
        ("Dr. rer. nat. Ada", "", "Ada"),
        ("Dr med dent Ada", "", "Ada"),
        ("Dr. h.c. Ada", "", "Ada"),
        ("Prof. Dr. Dr. h. c. mult. Ada", "", "Ada"),
        ("Dr.-Ing. habil. Ada", "", "Ada"),
        ("Dipl.-Wirtsch.-Ing. (FH) Ada", "", "Ada"),
        ("Univ.-Prof. Ada", "", "Ada"),
        ("PD Dr. Ada", "", "Ada"),
        ("Mag. (FH) Ada", "", "Ada"),
        ("Mag.(FH) Ada", "", "Ada"),
        ("DI (FH) Ada", "", "Ada"),
        ("Dr.rer.nat. Ada", "", "Ada"),
        ("Dr. sc. ETH Ada", "", "Ada"),
        ("Mr. & Mrs.", "Example", ""),
        ("Engr. Ada", "", "Ada"),
        ("MBA Ada", "", "Ada"),
        ("Ph.D. Ada", "", "Ada"),
        ("B.A. Ada", "", "Ada"),
        ("C.A. Ada", "", "Ada"),
        ("Jun.-Prof. Ada", "", "Ada"),
        ("Reverend Ada", "", "Ada"),
        ("Pastor", "", "Pastor"),
        ("J.D.", "", "J.D."),
        ("Ada she/her", "", "Ada"),
        ("Actively looking Ada", "", "Ada"),
        ("Dott.ssa Ada", "", "Ada"),
        ("MUDr. Ada", "", "Ada"),
        ("Dr.Ada", "", "Ada"),
        ("CA Ada", "", "Ada"),
        ("Ada CA", "", "Ada"),
        ("Ada & Bob", "Example", "Ada & Bob"),
        ("Ada+Bob", "Example", "Ada & Bob"),
        ("Open to work Ada", "", "Ada"),
        ("Ada #OpenToWork", "", "Ada"),
        ("Hiring! Ada", "", "Ada"),
        ("Ada is hiring", "", "Ada"),
        ("Ada 'Addie'", "", "Ada"),
        ("Mr", "Example", ""),
        ("Prof. Dr.", "Example", ""),
        ("Gen", "Example", "Gen"),
        ("Gen.", "Example", ""),
        ("Md", "Rahim", "Md"),
        ("Md. Rahim", "", "Md. Rahim"),
        ("Ma. Theresa", "Example", "Ma. Theresa"),
        ("JR", "Example", "JR"),
        ("St John", "Example", "St John"),
        ("St. John", "Example", "St. John"),
        ("Nan", "Example", "Nan"),
        ("Null", "Example", "Null"),
        ("S.D.", "Example", "S.D."),
        ("Ada (LinkedIn Top Voice)", "Example", "Ada"),
        ("Ada", "Engineer", "Ada"),
        ("Tan Sri Ada", "", "Ada"),
        ("Tan", "Example", "Tan"),
        ("Datuk Seri Ada", "", "Ada"),
        ("Mag.ª Ada", "", "Ada"),
        ("Profª Ada", "", "Ada"),
        ("Dr.in Ada", "", "Ada"),
        ("RA Ada", "", "Ada"),
        ("WP/StB Ada", "", "Ada"),
        ("DI Ada", "", "Ada"),
        ("Bakk. phil. Ada", "", "Ada"),
        ("Rechtsanwältin Ada", "", "Ada"),
        ("Dipl. Volkswirtin Ada", "", "Ada"),
        ("Prof.Dr.Ada", "", "Ada"),
        ("dr hab. n. med. Ada", "", "Ada"),
        ("Doç. Dr. Ada", "", "Ada"),
        ("Dr. Öğr. Üyesi Ada", "", "Ada"),
        ("Mgr. et Mgr. Ada", "", "Ada"),
        ("Lt. Col. Ada", "", "Ada"),
        ("H.E. Dr. Ada", "", "Ada"),
        ("Atty. Ada", "", "Ada"),
        ("د. Ada", "", "Ada"),
        ('ד"ר Ada', "", "Ada"),
        ("проф. Ada", "", "Ada"),
        ("Dr., Ada", "", "Ada"),
        ("Ada Dr.", "", "Ada"),
        ("Ada CSPO", "", "Ada"),
        ("Ada ACMA CGMA", "", "Ada"),
        ("Ada XYZQ", "", "Ada"),
        ("Ada EXAMPLE", "", "Ada"),
        ("Ada.", "", "Ada"),
        ("Ada ada@example.com", "", "Ada"),
        ("Manager", "Singh", "Manager"),
        ("Major", "Singh", "Major"),
        ("Tuan Anh", "Example", "Tuan Anh"),
        ("Sri", "Example", "Sri"),
        ("Prince", "Example", "Prince"),
        ("Rain", "Example", "Rain"),
        ("Job", "Example", "Job"),
        ("JRR", "Example", "JRR"),
        ("A", "Example", "A"),
        ("<b>Ada</b>", "Example", "Ada"),
        ("Ada &amp; Bob", "Example", "Ada & Bob"),
        ("\u24b6\u24d3\u24d0", "Example", "Ada"),
        ("'Ada'", "Example", "Ada"),
    ],
)
def test_first_names(first: str, last: str, greeted: str) -> None:
    assert greeting_name(first, last) == greeted


@pytest.mark.parametrize(
    ("last", "greeted"),
    [
        ("Example, MBA", "Example"),
        ("EXAMPLE PhD", "Example"),
        ("de la Example", "de la Example"),
        ("VAN DER EXAMPLE", "van der Example"),
        ("O'EXAMPLE", "O'Example"),
        ("McExample", "McExample"),
        ("E.", "E."),
        ("✨", ""),
        ("Null", "Null"),
        ("Engineer", "Engineer"),
        ("Herr", "Herr"),
        ("NULL", ""),
        ("Example FCCA", "Example"),
        ("Example geb. Muster", "Example"),
        ("Le GOFF", "Le Goff"),
        ("NG", "NG"),
    ],
)
def test_last_names(last: str, greeted: str) -> None:
    assert greeting_name(last, is_first=False) == greeted


@pytest.mark.parametrize(
    ("first", "last"),
    [
        ("LinkedIn", "Member"),
        ("LinkedIn Member", ""),
        ("LinkedIn-Mitglied", ""),
        ("Membre", "de LinkedIn"),
        ("Usuário do LinkedIn", ""),
        ("Участник LinkedIn", ""),
        ("LinkedInユーザー", ""),
        ("领英会员", ""),
        ("Recruiter at Example Bank", ""),
        ("Recruiter", "at Example Bank"),
        ("Senior", "Recruiter at Example Bank"),
        ("Personalberaterin bei Beispiel", ""),
        ("Head of Engines", ""),
        ("HR Manager", ""),
        ("Investment", "Banker at Example Bank"),
        ("Executive", "Assistant"),
        ("CEO", "& Founder"),
        ("None", "None"),
        ("nan", ""),
        ("undefined", "undefined"),
        ("#N/A", ""),
        ("Unknown", "Example"),
        ("Anonymous", ""),
        ("Member", ""),
        ("Confidential", ""),
        ("Private", "Member"),
        ("Info", ""),
        ("Marketing Team", ""),
        ("Example", "Team"),
        ("Sales", ""),
        ("Office", ""),
        ("Head", "Office"),
        ("Vertrieb", ""),
        ("Hiring", "Manager"),
        ("Example GmbH", ""),
        ("Familie", "Example"),
        ("ada@example.com", ""),
    ],
)
def test_nobody_is_greeted_by_what_is_no_name(first: str, last: str) -> None:
    assert greeting_name(first, last) == ""


def test_the_second_half_of_what_is_no_name_is_no_last_name() -> None:
    assert greeting_last_name("LinkedIn", "Member") == ""
    assert greeting_last_name("Ada", "Member") == "Member"


@pytest.mark.parametrize(
    ("whole", "first", "last"),
    [
        ("Ada Example", "Ada", "Example"),
        ("Dr. med. dent. Ada van der Example", "Dr. med. dent. Ada", "van der Example"),
        ("Mag. (FH) Ada Example", "Mag. (FH) Ada", "Example"),
        ("PD Dr. Ada Example", "PD Dr. Ada", "Example"),
        ("Ada & Bob Example", "Ada & Bob", "Example"),
        ("Ma. Theresa Example", "Ma. Theresa", "Example"),
        ("St John Example", "St John", "Example"),
        ("J. Example", "J.", "Example"),
        ("Example, Ada", "Ada", "Example"),
        ("Ada Example, MBA", "Ada", "Example, MBA"),
        ("Ada Example, Recruiter", "Ada", "Example, Recruiter"),
        ("Open to work Ada Example", "Ada", "Example"),
        ("View Ada Example\u2019s profile", "Ada", "Example"),
        ("Dr.", "Dr.", ""),
        ("Major Singh", "Major", "Singh"),
        ("Herr Example", "Herr", "Example"),
        ("Tan Sri Ada Example", "Tan Sri Ada", "Example"),
        ("EXAMPLE Ada", "Ada", "EXAMPLE"),
        ("DE LA CRUZ Ada", "Ada", "DE LA CRUZ"),
        ("ADA EXAMPLE", "ADA", "EXAMPLE"),
        ("CEO Ada Example", "CEO", "Ada Example"),
        ("JP Example", "JP", "Example"),
        ("山田 太郎", "太郎", "山田"),
        ("김 철수", "철수", "김"),
        ("アダ エグザンプル", "アダ", "エグザンプル"),
        ("Nguyễn Văn An", "An", "Nguyễn Văn"),
        ("J.R.R. Example", "J.R.R.", "Example"),
        ("🚀 Ada Example (She/Her)", "Ada", "Example"),
    ],
)
def test_whole_names(whole: str, first: str, last: str) -> None:
    assert split_name(whole) == (first, last)


def test_a_job_in_the_place_of_a_name_is_told_from_a_name() -> None:
    assert job_in("Senior", "Recruiter at Example Bank") == "Senior Recruiter at Example Bank"
    assert job_in("Ada", "Engineer") == ""
    assert job_in("LinkedIn", "Member") == ""


def test_what_a_program_wrote_for_half_a_name_is_left_out() -> None:
    assert without_empty_words("Ada undefined") == "Ada"
    assert without_empty_words("nan nan") == ""
    assert without_empty_words("Ada Null") == "Ada Null"


@pytest.mark.parametrize(
    "piece", ["a", "a ", "Dr. ", "Dr.", "&a;", "<a ", "(", "' ", "# ", "& ", "A.", "View 's "]
)
def test_long_texts_in_the_place_of_names_are_read_in_no_time(piece: str) -> None:
    text = piece * 2_000

    assert isinstance(greeting_name(text, text), str)
    assert len(split_name(text)) == 2
