import time, cProfile, pstats
from tests.survey.designer.test_desk import *
import pytest
@pytest.mark.parametrize("backend", ["sqlite"], indirect=True)
def test_speed(database, people, now):
    document = questionnaire(*(item(f"q{n}") for n in range(1, 61)))
    instruments.import_document(database, as_file(document), actor=system(), now=now)
    browser = people(Role.DESIGNER)
    page = browser.get(f"{LIST}/phieu-mau/1/soan?mo=q30")
    form = question(page)
    posts, gets = [], []
    prof = cProfile.Profile()
    for n in range(8):
        form.fields["text-vi"] = f"Lời {n}"
        form.fields["revision"] = str(n)
        t=time.perf_counter()
        answer = browser.browser.post(form.action, data=form.fields)
        posts.append(round(1000*(time.perf_counter()-t)))
        assert answer.status_code == 303, answer.text
        if n==7: prof.enable()
        t=time.perf_counter()
        r=browser.browser.get(answer.location); assert r.status_code==200
        gets.append(round(1000*(time.perf_counter()-t)))
        prof.disable()
    warm=[]
    for n in range(3):
        t=time.perf_counter(); r=browser.browser.get(answer.location); warm.append(round(1000*(time.perf_counter()-t)))
    print("\nPOST",posts,"GET",gets,"warm",warm,len(r.data))
    for part in ("thang-tra-loi","chi-so","ngon-ngu","thong-tin"):
        t=time.perf_counter(); r=browser.browser.get(f"{LIST}/phieu-mau/1/soan/{part}"); print(part, round(1000*(time.perf_counter()-t)), len(r.data))
    t=time.perf_counter(); r=browser.browser.get(f"{LIST}/phieu-mau/1/ra-soat"); print("review", round(1000*(time.perf_counter()-t)), len(r.data))
    pstats.Stats(prof).sort_stats("cumulative").print_stats(45)
    pstats.Stats(prof).sort_stats("tottime").print_stats(20)
