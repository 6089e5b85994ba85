"""English given names by which people are called, and the one that they stand for.

Only names that nearly always stand for one other: Alex, Sam or Chris may be anybody.
"""

from typing import Final

_OF: Final = """
    abigail: abby gail
    alexander: alec
    andrew: andy drew
    anthony: tony
    barbara: barb babs
    benjamin: ben benny
    catherine: cathy
    charles: charlie chuck
    christine: chrissy
    cynthia: cindy
    daniel: dan danny
    david: dave davey
    deborah: deb debbie debra
    donald: don donnie
    dorothy: dottie dot
    douglas: doug
    edward: ed eddie ned ted teddy
    elizabeth: beth betsy betty eliza libby liz lizzie
    eugene: gene
    frederick: fred freddie freddy
    gregory: greg gregg
    gerald: gerry
    harold: hal
    henry: hank
    jacob: jake
    james: jim jimmy jamie
    jennifer: jen jenny jenn
    jeffrey: jeff geoff geoffrey
    john: johnny
    jonathan: jon jonny
    joseph: joe joey
    joshua: josh
    judith: judy
    katherine: kathy kate katie kathryn
    kenneth: ken kenny
    kimberly: kim
    lawrence: larry
    leonard: len lenny
    margaret: maggie meg peggy marge
    matthew: matt
    michael: mike mikey mick
    nathaniel: nate
    nicholas: nick nicky
    pamela: pam
    patricia: patty tricia trish
    peter: pete
    philip: phil phillip
    raymond: ray
    rebecca: becky becca
    richard: dick rich rick ricky
    robert: bob bobby rob robbie
    ronald: ron ronnie
    samantha: sammie
    samuel: sammy
    sandra: sandy
    stephen: steve steven
    susan: sue susie suzie
    theodore: theo
    thomas: tom tommy
    timothy: tim timmy
    victoria: vicky vicki
    vincent: vince
    walter: walt
    william: bill billy will willy liam
    zachary: zach zack
"""
NICKNAMES: Final = {
    short: name.strip()
    for name, _, shorts in (line.partition(":") for line in _OF.strip().splitlines())
    for short in shorts.split()
}
