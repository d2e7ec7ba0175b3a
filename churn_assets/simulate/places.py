"""Metropolitan areas of the United States as the logs write them, largest of each time zone first."""

from dataclasses import dataclass

EASTERN, CENTRAL, MOUNTAIN, PACIFIC = -5, -6, -7, -8


@dataclass(frozen=True)
class Place:
    """A metropolitan area and its hours from UTC (winter time)."""

    name: str
    utc_offset: int


_EASTERN = """
New York-Newark-Jersey City, NY-NJ-PA; Miami-Fort Lauderdale-West Palm Beach, FL;
Atlanta-Sandy Springs-Roswell, GA; Philadelphia-Camden-Wilmington, PA-NJ-DE-MD;
Washington-Arlington-Alexandria, DC-VA-MD-WV; Boston-Cambridge-Newton, MA-NH; Detroit-Warren-Dearborn, MI;
Tampa-St. Petersburg-Clearwater, FL; Baltimore-Columbia-Towson, MD; Charlotte-Concord-Gastonia, NC-SC;
Orlando-Kissimmee-Sanford, FL; Pittsburgh, PA; Cincinnati, OH-KY-IN; Cleveland-Elyria, OH; Columbus, OH;
Indianapolis-Carmel-Anderson, IN; Virginia Beach-Norfolk-Newport News, VA-NC; Providence-Warwick, RI-MA;
Jacksonville, FL; Louisville/Jefferson County, KY-IN; Raleigh, NC; Richmond, VA;
Hartford-West Hartford-East Hartford, CT; Buffalo-Cheektowaga-Niagara Falls, NY; Columbia, SC;
Portland-South Portland, ME
"""
_CENTRAL = """
Chicago-Naperville-Elgin, IL-IN-WI; Dallas-Fort Worth-Arlington, TX; Houston-The Woodlands-Sugar Land, TX;
Minneapolis-St. Paul-Bloomington, MN-WI; St. Louis, MO-IL; San Antonio-New Braunfels, TX; Kansas City, MO-KS;
Austin-Round Rock, TX; Nashville-Davidson--Murfreesboro--Franklin, TN; Milwaukee-Waukesha-West Allis, WI;
Oklahoma City, OK; Memphis, TN-MS-AR; New Orleans-Metairie, LA; Birmingham-Hoover, AL; Tulsa, OK;
Omaha-Council Bluffs, NE-IA; Des Moines-West Des Moines, IA; Little Rock-North Little Rock-Conway, AR
"""
_MOUNTAIN = """
Phoenix-Mesa-Scottsdale, AZ; Denver-Aurora-Lakewood, CO; Salt Lake City, UT; Albuquerque, NM; El Paso, TX;
Boise City, ID; Colorado Springs, CO
"""
_PACIFIC = """
Los Angeles-Long Beach-Anaheim, CA; San Francisco-Oakland-Hayward, CA; Riverside-San Bernardino-Ontario, CA;
Seattle-Tacoma-Bellevue, WA; San Diego-Carlsbad, CA; Portland-Vancouver-Hillsboro, OR-WA;
Sacramento--Roseville--Arden-Arcade, CA; Las Vegas-Henderson-Paradise, NV; San Jose-Sunnyvale-Santa Clara, CA;
Fresno, CA
"""
_BY_ZONE = {EASTERN: _EASTERN, CENTRAL: _CENTRAL, MOUNTAIN: _MOUNTAIN, PACIFIC: _PACIFIC}

PLACES = tuple(
    Place(name, offset) for offset, names in _BY_ZONE.items() for name in " ".join(names.split()).split("; ")
)
FIRST_WESTERN = next(number for number, place in enumerate(PLACES) if place.utc_offset == MOUNTAIN)
