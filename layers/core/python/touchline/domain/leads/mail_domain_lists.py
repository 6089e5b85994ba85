"""Domains of mail that belong to no company: our own lists, beside the packaged one of disposable domains."""

from typing import Final

# Providers that give a mailbox to anybody, by their whole domains.
FREE: Final = frozenset(
    """
    126.com 139.com 163.com 189.cn 1und1.de abv.bg aim.com alice.it aliceadsl.fr aliyun.com aol.com aol.de
    aol.fr arcor.de aruba.it att.net attglobal.net bell.net bellsouth.net bigmir.net bigpond.com bigpond.net.au
    bk.ru blueyonder.co.uk bluewin.ch bol.com.br bredband.net btinternet.com btopenworld.com bluemail.ch caramail.com
    centrum.cz centrum.sk centurylink.net charter.net clear.net.nz club-internet.fr comcast.net cox.net cs.com daum.net
    dbmail.com earthlink.net eircom.net email.com email.cz email.de email.it embarqmail.com excite.com fastmail.com
    fastmail.fm fastwebnet.it fibertel.com.ar foxmail.com free.fr freemail.hu freenet.de frontier.com frontiernet.net
    gmail.com gmx.com gmx.de gmx.net googlemail.com hanmail.net hey.com home.nl home.se hotmail.com hush.com
    hushmail.com
    i.ua icloud.com ig.com.br iinet.net.au in.com inbox.com inbox.lt inbox.lv inbox.ru indiatimes.com inode.at
    inwind.it iol.it iol.pt juno.com keemail.me kpnmail.nl laposte.net libero.it list.ru live.com lycos.com mac.com
    mail.bg mail.com mail.de mail.ee mail.ru mailbox.org mailfence.com me.com mindspring.com mweb.co.za msn.com mts.net
    naver.com nate.com nauta.cu netcourrier.com netscape.net netvigator.com netzero.net neuf.fr noos.fr ntlworld.com
    numericable.fr o2.pl o2.co.uk onet.eu onet.pl online.de online.no online.nl op.pl optimum.net optonline.net
    optusnet.com.au orange.fr orange.es oi.com.br outlook.com ozemail.com.au planet.nl pobox.com pobox.sk posteo.de
    poczta.fm poczta.onet.pl pochta.ru proton.me protonmail.ch protonmail.com pm.me qq.com rambler.ru rediffmail.com
    rocketmail.com roadrunner.com rogers.com runbox.com sapo.pt sbcglobal.net seznam.cz sfr.fr shaw.ca sina.cn sina.com
    skynet.be sky.com skynet.be sohu.com spray.se startmail.com sympatico.ca t-online.de t-online.hu talktalk.net
    telefonica.net telenet.be telia.com telkomsa.net telus.net terra.com terra.com.br terra.es tiscali.co.uk tiscali.it
    tut.by tuta.com tuta.io tutanota.com tutanota.de ukr.net unitybox.de uol.com.br usa.net verizon.net versatel.nl
    videotron.ca vip.qq.com virgilio.it virginmedia.com vodafone.de voila.fr volny.cz walla.co.il walla.com wanadoo.fr
    wanadoo.es web.de windowslive.com windstream.net wp.pl xs4all.nl xtra.co.nz ya.ru yahoo.com yandex.com yandex.ru
    yeah.net ymail.com zoho.com zohomail.com ziggo.nl zonnet.nl
    """.split()  # noqa: SIM905 - a list of words is read more easily so
)
# Providers with a domain in many countries: yahoo.co.uk, hotmail.fr, gmx.ch, outlook.com.br.
FREE_NAMES: Final = frozenset({"gmx", "hotmail", "live", "msn", "outlook", "rocketmail", "yahoo", "yandex", "ymail"})
# Addresses that pass mail on to one that stays hidden.
RELAY: Final = frozenset(
    """
    addy.io aleeas.com anonaddy.com anonaddy.me dralias.com duck.com mozmail.com passfwd.com passinbox.com passmail.com
    passmail.net privaterelay.appleid.com relay.firefox.com silomails.com simplelogin.co simplelogin.com simplelogin.fr
    slmail.me slmails.com
    """.split()  # noqa: SIM905
)
# RFC 2606, 6761, 6762, 7686, 8375, 9476, and what ICANN keeps free for private use.
RESERVED: Final = frozenset(
    "example.com example.net example.org test example invalid localhost local onion home.arpa alt internal".split()  # noqa: SIM905
)
EDUCATION_LABELS: Final = frozenset({"ac", "edu", "k12", "sch", "school"})
GOVERNMENT_LABELS: Final = frozenset({"go", "gob", "gouv", "gov", "government", "govt", "gub", "gv", "mil"})
GOVERNMENT: Final = frozenset({"admin.ch", "bund.de", "europa.eu", "gc.ca", "nhs.net", "nhs.uk", "police.uk"})
NOT_GOVERNMENT: Final = frozenset({"go.it"})  # the province of Gorizia
AMERICAN_SUFFIXES: Final = frozenset({"gov", "mil", "fed.us"})

# Codes of countries under which anybody registers, mostly from elsewhere.
WITHOUT_COUNTRY: Final = frozenset(
    """
    ac ag ai am as bz cc cd cf co cx dj eu fm ga gd gg gl gq gs gy im io la lc ly me mn ml ms mu nu pw sc sh st su sx tc
    tk tl to tv vc vg vu ws
    """.split()  # noqa: SIM905
)
# Suffixes of countries that are not their ISO codes.
COUNTRY_OF: Final = {
    "uk": "GB",
    "xn--3e0b707e": "KR",
    "xn--4dbrk0ce": "IL",
    "xn--80ao21a": "KZ",
    "xn--90a3ac": "RS",
    "xn--90ae": "BG",
    "xn--d1alf": "MK",
    "xn--fiqs8s": "CN",
    "xn--fiqz9s": "CN",
    "xn--h2brj9c": "IN",
    "xn--j1amh": "UA",
    "xn--j6w193g": "HK",
    "xn--kprw13d": "TW",
    "xn--mgbaam7a8h": "AE",
    "xn--mgberp4a5d4ar": "SA",
    "xn--node": "GE",
    "xn--o3cw4h": "TH",
    "xn--p1ai": "RU",
    "xn--qxam": "GR",
    "xn--wgbh1c": "EG",
    "xn--y9a3aq": "AM",
}

# Mistyped often, and long enough that one letter more or less is no other company's name.
OFTEN_MISTYPED: Final = (
    "gmail.com",
    "googlemail.com",
    "hotmail.com",
    "hotmail.co.uk",
    "hotmail.fr",
    "yahoo.com",
    "yahoo.co.uk",
    "yahoo.com.br",
    "outlook.com",
    "icloud.com",
    "protonmail.com",
    "comcast.net",
    "verizon.net",
    "sbcglobal.net",
    "bellsouth.net",
    "btinternet.com",
    "bigpond.com",
    "rediffmail.com",
    "t-online.de",
    "wanadoo.fr",
)
# Suffixes that do not exist, and what was meant.
MISTYPED_SUFFIXES: Final = {
    "con": "com",
    "cmo": "com",
    "ocm": "com",
    "comm": "com",
    "coom": "com",
    "ccom": "com",
    "vom": "com",
    "xom": "com",
    "cpm": "com",
    "cim": "com",
    "c0m": "com",
    "comn": "com",
    "cok": "com",
    "nte": "net",
    "ner": "net",
    "nett": "net",
    "ogr": "org",
    "orgg": "org",
    "rog": "org",
}
