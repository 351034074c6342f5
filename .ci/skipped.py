"""Prints the tests that ctest's JUnit file shows as not run, a line each."""
import sys
import xml.etree.ElementTree as tree

for case in tree.parse(sys.argv[1]).iter('testcase'):
    if case.get('status') != 'run':
        print(f"  {case.get('name')}: {(case.findtext('system-out') or '').strip()}")
