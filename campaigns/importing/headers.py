"""Names of columns, as tools and people write them, and what they stand for.

Plain Python. A name that is known is recognised behind any prefix that says whose it is, too:
`Lead First Name`, `Person - Vorname`, `Organisation - Name`, `Contact: LinkedIn URL`.
"""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from functools import lru_cache

PROFILE_URL = "profile_url"
PUBLIC_IDENTIFIER = "public_identifier"
LINKEDIN_USER_ID = "linkedin_user_id"
FULL_NAME = "full_name"
IGNORE = "ignore"


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Names of columns, squeezed (see `squeezed`), the best first. Where they come from: LinkedIn's
# Connections.csv, PhantomBuster (Search, Sales Navigator and Profile exports), Evaboot's and other
# exports of Sales Navigator, Apollo, HubSpot, ZoomInfo, and sheets made by hand.
NAMES = {
    PROFILE_URL: """defaultprofileurl linkedinurlpublic linkedinpublicurl publicprofileurl
        linkedinprofileurl personlinkedinurl personlinkedinprofileurl contactlinkedinurl
        prospectlinkedinurl leadlinkedinurl linkedincontactprofileurl hslinkedinurl linkedinurl
        linkedinprofile linkedinprofilelink linkedinlink linkedinaddress profileurl profilelink
        profileaddress publicprofile linkedin linkedinbio url linkedinurluniqueid linkedinidurl
        profillinkedin perfillinkedin perfildelinkedin profilolinkedin lienlinkedin urllinkedin
        urldelinkedin urldolinkedin linkedinprofil linkedinprofiel linkedinadresse
        profilurl urlduprofil urldelperfil urldoperfil urldelprofilo
        salesnavigatorprofileurl salesnavigatorurl salesnavurl prospectsalesnavigatorurl""",
    PUBLIC_IDENTIFIER: """publicidentifier linkedinpublicidentifier linkedinprofileslug
        linkedinslug vanityname publicid""",
    LINKEDIN_USER_ID: """linkedinuserid providerid linkedinproviderid linkedinprofileurn profileurn
        vmid hashid memberid""",
    "first_name": """firstname givenname first fname forename vorname prenom nombre nome voornaam
        primeironome primernombre rufname fornavn förnamn etunimi imie imię jméno křestníjméno
        keresztnév utónév prenume adi имя ім'я όνομα 名 名字 이름 الاسمالأول
        isim vardas eesnimi vārds ime""",
    "last_name": """lastname surname familyname last lname secondname nachname familienname zuname
        apellidos apellido primerapellido nom nomdefamille cognome sobrenome apelido achternaam
        familienaam efternavn etternavn efternamn sukunimi nazwisko příjmení vezetéknév nume soyad
        soyadi фамилия прізвище επώνυμο 姓 姓氏 성
        اسمالعائلة اسمالعائلة prezime""",
    FULL_NAME: """fullname name contactname personname leadname prospectname contactperson
        kontaktperson ansprechpartner personadecontacto contactpersoon firstandlastname
        vollständigername vorundnachname nomcomplet prénometnom nometprénom nombrecompleto
        nombreyapellidos nomecompleto nomeesobrenome nomeecognome volledigenaam naam navn namn
        nimi imięinazwisko celéjméno adsoyad фио полноеимя 氏名 姓名 성명 الاسمالكامل الاسم
        navnogfornavn täydellinennimi fulltnavn fullständigtnamn teljesnév név isimsoyisim""",
    "headline": """headline linkedinheadline jobtitle title position currentjob currenttitle
        currentposition linkedinjobtitle prospectposition role titel cargo puesto poste ruolo
        functie occupation jobrole currentrole designation jobbezeichnung berufsbezeichnung
        intitulédeposte fonction cargoactual puestoactual posizione qualifica funktion stilling
        befattning titteli stanowisko
        pozice munkakör funcție ünvan pozisyon должность посада organizationtitle1
        currentcompanyposition 役職 职位 職位 직책 beosztás المسمىالوظيفي""",
    "company": """company companyname currentcompany organization organisation organizationname
        employer accountname linkedincompanyname associatedcompany primaryassociatedcompany
        unternehmen firma entreprise societe empresa azienda bedrijf currentemployer
        companyaccount organization1 företag virksomhed bedrift yritys firma przedsiębiorstwo
        společnost cég companie şirket компания компанія εταιρεία 会社 会社名 公司 회사 الشركة org
        companynameforemails""",
    "location": """location locationname personlocation prospectlocation mailingcity standort
        ort city stadt ville ciudad
        ubicacion ubicación localidad localisation lieu localização località plaats woonplaats
        lokalizacja lokalita konum местоположение город 所在地 地点 위치""",
    IGNORE: "sendqrow sendqverdict sendqfield sendqreason",
}


def squeezed(name: str) -> str:
    """Return a column's name without case, accents and signs: `First Name` → `firstname`.

    Also without the mark that Salesforce puts behind names of own fields: `LinkedIn_URL__c`.
    """
    plain = unicodedata.normalize("NFKD", name.strip().removesuffix("__c")).casefold()
    return "".join(filter(str.isalnum, plain)).replace("\u0131", "i")  # a Turkish i without dot


def _any_of(names: str) -> re.Pattern[str]:
    return re.compile("|".join(map(squeezed, names.split())))


_FIELD_AND_RANK = {
    squeezed(name): (field, rank)
    for field, names in NAMES.items()
    for rank, name in enumerate(names.split())
}
_LEAST_TRUSTED = len(_FIELD_AND_RANK)
_LONGEST = 100  # characters of a name, and not a text
_WHOSE_WORD = (
    r"(?:lead|person|people|prospect|contact|profile|member|candidate|user|customer|client|"
    r"recipient|attendee|participant|employee|decisionmaker|salesnavigator|persona|personne|"
    r"pessoa|persoon|kontakt|ansprechpartner|contacto|contato|contatto|contactpersoon|primary|"
    r"main|linkedin|li|properties|attributes)"
)
_WHOSE = re.compile(rf"{_WHOSE_WORD}(?=.)")
# Behind a name: First Name (Lead), Vorname des Kontakts, Nombre del contacto, first_name_lead.
_WHOSE_BEHIND = re.compile(rf"{_WHOSE_WORD}(?:e?s|n|en|in|innen)?")
_OF_THE = _words("of the a des der dem von du de la le del do da dos das van di dell")
_OF_OTHER_FORM = re.compile(r"[()\[\]{}<>/|:.\n]|\s[-\u2013\u2014]\s")
_NUMBER_BEFORE = re.compile(r"\s*\d{1,3}\s*[.):]\s*(?=\D)")
# With a word behind them that is neither known nor somebody else's: First Name (required).
_EVER_THE_PERSONS = frozenset(["first_name", "last_name", PROFILE_URL])
_OF_SOMETHING_ELSE = re.compile(
    r"company|account|organi[sz]ation|employer|school|firma|unternehmen|image|photo|picture|logo|"
    r"post|group"
)
_ELSEWHERE = re.compile(
    rf"{_OF_SOMETHING_ELSE.pattern}|web|homepage|blog|domain|xing|twitter|facebook|instagram|github"
)
_COMPANY = "(?:company|organi[sz]ation|account|employer|firm|business|firma|firmen|unternehmens?"
_COMPANY += "|entreprise|societe|empresa|azienda|societa|bedrijfs?|foretags?|firmy)"
_NAME = "(?:name|naam|nom|nome|nombre|namn|navn|nazwa)"
_NAME_OF_A_COMPANY = re.compile(
    rf"(?:current)?{_COMPANY}{{1,2}}s?{_NAME}|{_NAME}(?:de|da|do|du|della|dell|delaempresa)?"
    rf"(?:l|la)?{_COMPANY}"
)
_OF_SOMEBODY_ELSE = re.compile(
    r"owner|manager|rep|assist|send|invit|creat|modif|updat|refer|spouse|company|account|organi|"
    r"firm|team|staff|agent|mutual|emergency|billing|assign|author|user|client|customer|parent|"
    r"alternat|second|old|previous|former|middle"
)
_WORDS = re.compile(r"[^\W_]+")
_CAMEL_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_PROFILE = re.compile(r"(?:person)?linkedin.*(?:url|link|profile?|address|uri)")
# LinkedIn's name, and nothing beside it but words for a link: Odkaz na LinkedIn, LinkedIn-länk.
_LINKEDIN = _any_of("linkedin 领英 領英 링크드인 リンクトイン линкедин")
_LINK_WORDS = _any_of(
    """url link länk lenke linkki odkaz enlace lien adresse adress adres address profile profil
    profiel perfil profilo profiili public publico personal person default regular ссылка профиль
    адрес посилання профіль 链接 連結 网址 網址 主页 主頁 プロフィール リンク 링크 프로필 주소 رابط
    na auf zu zum de do del van op su sur al to в на の 的"""
)
_LINK = re.compile(f"(?:{_LINK_WORDS.pattern})*")
# By themselves they are a first or a last name only beside the other half.
_WHOLE_NAMES_ALONE = frozenset(["nom", "nome", "nombre", "nume"])
_OF_CONNECTIONS = _words(
    """
    connected isconnected connectedon connectedat connectedsince connectiondate dateconnected
    verbundenam verbundenseit
    vernetztam vernetztseit kontaktseit connectele connectedepuis relationdepuis enrelationdepuis
    conectadoel conectadodesde conectadoem conectadaem conexiondesde conexaodesde collegatodal
    collegatoil connessodal verbondenop verbondensinds connectiessinds forbundetden kontaktsidan
    tilknyttetden połaczonood połaczono spojenood baglantitarihi
    baglantikuruldugutarih датаустановленияконтакта
    connectiondegree degreeofconnection connectionlevel networkdistance linkedinconnectiondegree
    """
)


def recognised(name: str) -> str:
    """Return the field that a column's name stands for, or an empty text.

    Whose it is may stand in front or behind: `Lead First Name`, `First Name (Lead)`,
    `Vorname - Kontakt`, `Prénom du contact`, `first_name_lead`; and it may stand there in two
    languages.
    """
    return _recognised(name)[0]


def rank(name: str) -> int:
    """Return how far down in its field's list a column's name stands: the best is 0.

    With a word in front of it or behind it is further down than any without.
    """
    return _recognised(name)[1]


@lru_cache(maxsize=2_048)  # of each row that may be the header, and of each column several times
def _recognised(name: str) -> tuple[str, int]:
    name = _NUMBER_BEFORE.sub("", name[:_LONGEST], count=1)
    known = _field_and_rank(squeezed(name))
    if known[0] and known[0] != "company":
        return known
    return _in_parts(name) or (known if known[0] else _without_whose(name))


def _in_parts(name: str) -> tuple[str, int] | None:
    """Return what a name stands for of which one part says something else than the field."""
    parts = [part for part in map(squeezed, _OF_OTHER_FORM.split(name)) if part]
    found = {field: found_rank for field, found_rank in map(_field_and_rank, parts) if field}
    if not (2 <= len(parts) <= 4 and found) or ".com" in name:  # of a row of people
        return None
    if PROFILE_URL in found and any(map(_ELSEWHERE.search, parts)):
        return "", _LEAST_TRUSTED  # LinkedIn (Company), URL (Website)
    field, found_rank = found.popitem()
    is_anothers = field != "company" and any(map(_OF_SOMEBODY_ELSE.search, parts))
    unknown = [part for part in parts if not _field_and_rank(part)[0]]
    is_named_first = field in _EVER_THE_PERSONS and parts[0] not in unknown
    is_the_persons = is_named_first or all(map(_WHOSE_BEHIND.fullmatch, unknown))
    if is_the_persons and not found and not is_anothers:
        return field, found_rank + _LEAST_TRUSTED
    return None


def _without_whose(name: str) -> tuple[str, int]:
    """Return what a name stands for behind which words say whose it is: `First name of lead`."""
    words = [squeezed(word) for word in _WORDS.findall(_CAMEL_HUMP.sub(" ", name))]
    if len(words) < 2 or not _WHOSE_BEHIND.fullmatch(words.pop()):
        return "", _LEAST_TRUSTED
    while words and words[-1] in _OF_THE:
        words.pop()
    if words in (["first"], ["last"]):  # Last Contact: when it was
        return "", _LEAST_TRUSTED
    field, found_rank = _field_and_rank("".join(words))
    return field, found_rank + _LEAST_TRUSTED


def is_whole_name_alone(name: str) -> bool:
    """Return whether a squeezed name stands for whole names where a file has no other half."""
    return without_prefix(name) in _WHOLE_NAMES_ALONE


def prefix_of_names(header: Sequence[str]) -> str:
    """Return the squeezed prefix that names of columns have in common, or "".

    Of files that put a word of their own in front: `Record: First Name`, `Record: Last Name`. One
    that says that they are somebody else's, such as the owner's, is none.
    """
    found: Counter[str] = Counter()
    for name in header:
        words = [squeezed(word) for word in _WORDS.findall(_CAMEL_HUMP.sub(" ", name[:_LONGEST]))]
        for count in range(1, min(len(words), 4)):
            field = _field_and_rank("".join(words[count:]))[0]
            if field in {"first_name", "last_name", FULL_NAME}:
                found["".join(words[:count])] += 1
                break
    prefix = max(found, key=lambda each: found[each], default="")
    return "" if _OF_SOMEBODY_ELSE.search(prefix) else prefix


def is_of_connection(name: str) -> bool:
    """Return whether a column tells who is a connection: `Connected On`, `connectionDegree`."""
    plain = squeezed(name)
    return plain in _OF_CONNECTIONS or without_prefix(plain) in _OF_CONNECTIONS


def without_prefix(name: str) -> str:
    """Return a squeezed name without what says whose it is: `leadfirstname` → `firstname`."""
    found = _WHOSE.match(name)
    rest = name[found.end() :] if found else name
    # Of `contactsurname` and `contactscity` the first has no plural.
    return rest[1:] if found and rest[1:] and rest[0] == "s" and not _is_known(rest) else rest


def _is_known(name: str) -> bool:
    return bool(_field_and_rank(name)[0]) or name in _OF_CONNECTIONS or name in _WHOLE_NAMES_ALONE


def _field_and_rank(name: str) -> tuple[str, int]:
    known = _FIELD_AND_RANK.get(name)
    if known or len(name) > _LONGEST:
        return known or ("", _LEAST_TRUSTED)
    if _NAME_OF_A_COMPANY.fullmatch(name):
        return "company", _LEAST_TRUSTED
    if _PROFILE.fullmatch(name):
        return "" if _OF_SOMETHING_ELSE.search(name) else PROFILE_URL, _LEAST_TRUSTED
    if _LINKEDIN.search(name) and _LINK.fullmatch(_LINKEDIN.sub("", name)):
        return PROFILE_URL, _LEAST_TRUSTED
    rest = without_prefix(name)
    if rest == name or (rest == "name" and name.startswith(("customer", "client", "user"))):
        return "", _LEAST_TRUSTED  # a customer's name may be a company's
    field, rank_of_rest = _field_and_rank(rest)
    return field, rank_of_rest + _LEAST_TRUSTED
