"""What stands where a name should, and is none: LinkedIn's word for strangers, somebody's job.

Plain Python. Nobody is greeted by it, and it speaks against nobody.
"""

import re

from campaigns.people.nothing import is_nothing


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# “LinkedIn Member”, “Membre de LinkedIn”, “LinkedIn ユーザー”: nobody is called LinkedIn.
_LINKEDIN = re.compile(
    "linked[ -]?in|领英|領英|링크드인|リンクトイン|लिंक्ड|لينكد|لینکد|לינקדאין|ลิงก์อิน|"
    "линке?дин|лінкедін|লিঙ্কড|লিংকড|లింక్డ్|ਲਿੰਕਡ|λίνκεντιν",
    re.IGNORECASE,
)
# Recruiter at Example Bank, Personalberaterin bei der Beispiel AG, Head of Engines.
_BETWEEN_JOB_AND_EMPLOYER = re.compile(r"\S\s+(?:(?:at|bei|beim|chez|presso|bij|of)|AT|OF)\s+\S")
_BEFORE_EMPLOYER = re.compile(r"(?:at|bei|beim|chez|presso|bij|of)\s")
_JOBS = _words(
    """recruiter recruiting recruitment recruiters manager director engineer developer consultant
    founder cofounder co-founder ceo cto cfo coo cmo cio cpo vp svp evp owner entrepreneur analyst
    specialist coordinator officer administrator designer accountant student freelancer freelance
    president programmer researcher advisor adviser strategist technician headhunter marketer
    recruiterin personalberater personalberaterin geschäftsführer geschäftsführerin
    entwickler entwicklerin berater beraterin leiter leiterin inhaber inhaberin gründer gründerin
    vertriebsleiter vertriebsleiterin werkstudent werkstudentin studentin
    recruteur recruteuse directeur directrice ingénieur ingénieure développeur développeuse
    fondateur fondatrice cofondateur responsable gérant gérante étudiant étudiante
    reclutador reclutadora recrutador recrutadora gerente directora diretor diretora ingeniero
    ingeniera engenheiro engenheira fundador fundadora desarrollador desarrolladora
    desenvolvedor desenvolvedora consultor consultora estudiante estudante
    direttore direttrice ingegnere fondatore fondatrice responsabile consulente titolare
    eigenaar oprichter adviseur medewerker specjalista kierownik dyrektor inżynier менеджер
    rekruter rekruterka nurse teacher lawyer attorney
    architect scientist intern trainee assistant supervisor superintendent executive partner
    recepcionista secretaria secrétaire assistent assistentin
    директор инженер рекрутер разработчик"""
)
_BEFORE_A_JOB = _words(
    """senior junior lead head chief principal executive assistant associate deputy regional global
    group general managing vice digital technical product project program data creative sales
    marketing software business account talent human operations finance people
    tech it aspiring investment certified"""
)
_FIELDS = _words("acquisition resources development operations partner executive lead banker")
# In the place of a first name: an office's, a mailbox's, and what hides somebody.
_OF_AN_OFFICE = _words(
    """member members mitglied membre miembro membro confidential anonymous anonym vertraulich
    confidentiel confidencial riservato private privat hidden info information infos office büro
    bureau oficina escritorio ufficio kantoor biuro team equipe équipe equipo squadra sales vertrieb
    verkauf ventes ventas vendas vendite marketing support service kundenservice customer admin
    administration verwaltung webmaster postmaster contact kontakt contacto contato contatto hello
    hallo mail email e-mail empfang reception rezeption sekretariat secretariat buchhaltung
    accounting accounts billing invoice rechnung einkauf purchasing procurement personal
    personalabteilung personalwesen bewerbung karriere career careers jobs hr retired self-employed
    unemployed hiring familie family eheleute newsletter
    noreply no-reply press presse media zentrale company firma gmbh department abteilung
    geschäftsleitung geschäftsführung management vorstand direktion board staff guest user nutzer
    benutzer utilisateur usuario usuário utente gebruiker test tester dummy demo sample account
    profile profil prospect lead customerservice helpdesk it-support"""
)
_LEGAL_FORMS = _words(
    """gmbh ltd ltda llc inc plc corp corporation gbr ohg ug s.r.l srl s.p.a sarl s.à.r.l b.v s.l
    s.a sp.z.o.o oyj aps pty pvt limited kg mbh s.r.o"""
)
# Beside these a job is a first name: in Punjab, Manager and Inspector are.
_OF_PUNJAB = _words("singh kaur kumar gill sandhu sidhu dhillon khan ram lal chand yadav sharma")


def is_no_name(first_name: str, last_name: str = "") -> bool:
    """Return whether a name, without what people write around it, is nobody's."""
    is_empty = is_nothing(first_name, of_a_name=True) and is_nothing(last_name, of_a_name=True)
    whole = f"{first_name} {last_name}"
    return (
        is_empty
        or bool(_LINKEDIN.search(whole))
        or _is_office(whole.split())
        or is_job(first_name, last_name)
    )


def _is_office(words: list[str]) -> bool:
    """Return whether these are an office's words, or a company's: Info, Marketing Team, X GmbH."""
    words = [word.strip(".,:").casefold() for word in words]
    if not words:
        return False
    return words[0] in _OF_AN_OFFICE or (len(words) > 1 and words[-1] in _LEGAL_FORMS | {"team"})


def is_job(first_name: str, last_name: str = "") -> bool:
    """Return whether what stands where a name should is what somebody does."""
    whole = f"{first_name} {last_name}".strip()
    if _BETWEEN_JOB_AND_EMPLOYER.search(whole) or _BEFORE_EMPLOYER.match(last_name):
        return True
    words = [word.strip(".,").casefold() for word in whole.split()] or [""]
    if words[0] in _JOBS or whole.startswith("HR "):
        return len(words) != 2 or words[1] not in _OF_PUNJAB
    return words[0] in _BEFORE_A_JOB and any(
        word in _JOBS | _FIELDS | {"office"} for word in words[1:]
    )


def is_no_last_name(name: str) -> bool:
    """Return whether a last name is nobody's; a job may be one: Engineer, Leiter."""
    return is_nothing(name, of_a_name=True) or bool(_LINKEDIN.search(name))
