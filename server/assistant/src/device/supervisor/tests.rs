//! A supervisor whose engine, machine and clock are a list of what happens.

use super::super::ranking::tests::gpu;
use super::*;
use crate::device::{GpuClass, ProbeFault};
use std::cell::RefCell;
use std::rc::Rc;

/// What the supervisor meets and does.
struct World {
    found: Result<Vec<FoundGpu>, String>,
    known: Option<GpuVerdict>,
    measurement: Option<GpuVerdict>,
    on_battery: bool,
    is_quiet: bool,
    opens: Result<u64, OpenFailure>,
    idle: Option<Duration>,
    /// What was done, in its order.
    done: Vec<&'static str>,
    messages: Vec<String>,
    report: DeviceReport,
}

#[derive(Clone)]
struct FakeSurroundings(Rc<RefCell<World>>);

impl FakeSurroundings {
    fn did(&self, what: &'static str) {
        self.0.borrow_mut().done.push(what);
    }
}

impl Surroundings for FakeSurroundings {
    fn find(&mut self) -> Result<Vec<FoundGpu>, String> {
        self.did("find");
        self.0.borrow().found.clone()
    }

    fn known(&self, _: &FoundGpu) -> Option<GpuVerdict> {
        self.0.borrow().known.clone()
    }

    fn measure(&mut self, _: &FoundGpu) -> Option<GpuVerdict> {
        self.did("measure");
        self.0.borrow().measurement.clone()
    }

    fn is_on_battery(&self) -> bool {
        self.0.borrow().on_battery
    }

    fn is_quiet(&self, compares_times: bool) -> bool {
        self.0.borrow().is_quiet || !compares_times
    }

    fn open(&mut self, _: &FoundGpu) -> Result<u64, OpenFailure> {
        self.did("open");
        self.0.borrow().opens.clone()
    }

    fn rest(&mut self) {
        self.did("rest");
    }

    fn forget(&mut self) {
        self.did("forget");
    }

    fn idle(&self) -> Option<Duration> {
        self.0.borrow().idle
    }

    fn show(&mut self, message: String) {
        self.0.borrow_mut().messages.push(message);
    }

    fn publish(&mut self, report: DeviceReport) {
        self.0.borrow_mut().report = report;
    }
}

const FAST: GpuVerdict = GpuVerdict::Right {
    cpu_seconds: 2.0,
    gpu_seconds: 1.0,
};
const SLOW: GpuVerdict = GpuVerdict::Right {
    cpu_seconds: 0.8,
    gpu_seconds: 1.0,
};

/// A supervisor in a world with one fast card, and a clock that is set by hand.
struct Scene {
    world: Rc<RefCell<World>>,
    supervisor: Supervisor<FakeSurroundings>,
    now: Instant,
}

impl Scene {
    fn new(choice: &str, change: impl FnOnce(&mut World)) -> Self {
        let mut world = World {
            found: Ok(vec![gpu("RTX 4060", GpuClass::Discrete)]),
            known: Some(FAST),
            measurement: Some(FAST),
            on_battery: false,
            is_quiet: true,
            opens: Ok(7),
            idle: Some(Duration::ZERO),
            done: Vec::new(),
            messages: Vec::new(),
            report: DeviceReport::default(),
        };
        change(&mut world);
        let world = Rc::new(RefCell::new(world));
        let surroundings = FakeSurroundings(Rc::clone(&world));
        Self {
            world,
            supervisor: Supervisor::new(choice.parse().unwrap(), surroundings, IDLE),
            now: Instant::now(),
        }
    }

    fn step(&mut self, event: Option<GpuEvent>) -> NextStep {
        self.supervisor.step(self.now, event)
    }

    /// The next step after so many seconds.
    fn after(&mut self, seconds: u64) -> NextStep {
        self.now += Duration::from_secs(seconds);
        self.step(None)
    }

    fn fails(&mut self, life: u64) -> NextStep {
        self.now += Duration::from_secs(life);
        self.step(Some(GpuEvent::Failed("it was lost".into())))
    }

    fn done(&self) -> Vec<&'static str> {
        std::mem::take(&mut self.world.borrow_mut().done)
    }

    fn why(&self) -> String {
        self.world.borrow().report.why.clone()
    }

    fn in_use(&self) -> Option<String> {
        self.world.borrow().report.in_use.clone()
    }
}

fn seconds(seconds: u64) -> NextStep {
    NextStep::After(Duration::from_secs(seconds))
}

#[test]
fn a_gpu_that_was_measured_to_be_faster_is_opened() {
    let mut scene = Scene::new("auto", |world| world.known = None);
    assert_eq!(scene.step(None), seconds(60));
    assert_eq!(scene.done(), ["find", "measure", "open"]);
    assert_eq!(scene.in_use().unwrap(), "gpu (RTX 4060, vulkan)");
    let report = scene.world.borrow().report.clone();
    assert_eq!(
        (report.memory_bytes, report.gpus[0].gain),
        (Some(7), Some(2.0))
    );
    let mut known = Scene::new("auto", |_| {});
    known.step(None);
    assert_eq!(known.done(), ["find", "open"]);
}

#[test]
fn the_cpu_goes_on_where_no_gpu_is_worth_it() {
    let crashed = GpuVerdict::unusable(ProbeFault::Crashed, "the test crashed");
    for (verdict, why) in [
        (SLOW, "RTX 4060 was 0.8 times as fast as the CPU"),
        (crashed, "RTX 4060 cannot be used: the test crashed"),
    ] {
        let mut scene = Scene::new("auto", |world| {
            (world.known, world.measurement) = (None, Some(verdict));
        });
        assert_eq!(scene.step(None), NextStep::Never);
        assert_eq!(scene.done(), ["find", "measure", "forget"]);
        assert!(scene.why().contains(why), "{}", scene.why());
    }
    let mut scene = Scene::new("auto", |world| world.found = Ok(Vec::new()));
    assert_eq!(scene.step(None), NextStep::Never);
    assert_eq!(scene.why(), "the CPU: no GPU was found");
    let mut scene = Scene::new("auto", |world| world.found = Err("a driver crashed".into()));
    assert_eq!(scene.step(None), NextStep::Never);
    assert_eq!(scene.why(), "the CPU: a driver crashed");
}

#[test]
fn times_are_compared_only_in_a_quiet_moment() {
    let busy = |world: &mut World| (world.known, world.is_quiet) = (None, false);
    let mut scene = Scene::new("auto", busy);
    let waits: Vec<NextStep> = (0..8).map(|_| scene.after(1)).collect();
    let wanted = [5, 10, 20, 40, 60, 60, 60, 60].map(seconds);
    assert_eq!(waits, wanted);
    assert_eq!(scene.done(), ["find"]);
    scene.world.borrow_mut().is_quiet = true;
    scene.after(60);
    assert_eq!(scene.done(), ["measure", "open"]);
    // Whether the answers of a GPU that was named are right does not depend on the time.
    let mut named = Scene::new("RTX", busy);
    named.step(None);
    assert_eq!(named.done(), ["find", "measure", "open"]);
}

#[test]
fn another_process_that_measures_is_waited_for() {
    let mut scene = Scene::new("auto", |world| {
        (world.known, world.measurement) = (None, None)
    });
    assert_eq!(scene.step(None), seconds(5));
    scene.world.borrow_mut().known = Some(FAST);
    assert_eq!(scene.after(5), seconds(60));
    assert_eq!(scene.done(), ["find", "measure", "open"]);
}

#[test]
fn an_idle_gpu_is_given_back_and_opened_for_the_next_request() {
    let mut scene = Scene::new("auto", |_| {});
    scene.step(None);
    scene.world.borrow_mut().idle = Some(Duration::from_secs(150));
    assert_eq!(scene.after(60), seconds(30));
    scene.world.borrow_mut().idle = Some(Duration::from_secs(180));
    assert_eq!(scene.after(30), NextStep::AtEvent);
    assert_eq!(
        (scene.done(), scene.in_use()),
        (vec!["find", "open", "rest"], None)
    );
    assert_eq!(scene.step(Some(GpuEvent::Wanted)), seconds(60));
    assert_eq!(scene.done(), ["open"]);
    assert!(scene.in_use().is_some());
}

#[test]
fn on_battery_the_gpu_is_given_back_until_the_machine_is_plugged_in() {
    let mut scene = Scene::new("auto", |_| {});
    scene.step(None);
    scene.world.borrow_mut().on_battery = true;
    assert_eq!(scene.after(60), NextStep::AtEvent);
    assert_eq!(scene.why(), "the CPU: the machine runs on battery");
    // Requests do not have it looked at more than once a minute.
    assert_eq!(scene.step(Some(GpuEvent::Wanted)), seconds(60));
    assert_eq!(scene.after(60), NextStep::AtEvent);
    scene.world.borrow_mut().on_battery = false;
    assert_eq!(scene.step(Some(GpuEvent::Wanted)), seconds(60));
    assert_eq!(scene.done(), ["find", "open", "rest", "rest", "open"]);
    let mut named = Scene::new("RTX", |world| world.on_battery = true);
    named.step(None);
    assert_eq!(named.after(60), seconds(60));
    assert_eq!(named.done(), ["find", "open"]);
}

#[test]
fn after_failures_the_gpu_is_tried_again_with_growing_pauses() {
    let mut scene = Scene::new("auto", |_| {});
    scene.step(None);
    for pause in [1, 2, 4, 8, 16, 32, 32] {
        assert_eq!(scene.fails(60), seconds(pause));
        assert!(scene.why().contains("it was lost"), "{}", scene.why());
        assert_eq!(scene.after(pause), seconds(60));
    }
    assert_eq!(scene.world.borrow().messages.len(), 1, "one message");
    // After a long life, a failure is a new one.
    assert_eq!(scene.fails(600), seconds(1));
    scene.after(1);
    assert_eq!(scene.fails(60), seconds(2));
    assert_eq!(scene.world.borrow().messages.len(), 2);
    let message = scene.world.borrow().messages[1].clone();
    assert!(
        message.starts_with("RTX 4060 has failed: it was lost. The CPU answers."),
        "{message}"
    );
}

#[test]
fn one_failure_is_not_worth_a_message() {
    let mut scene = Scene::new("auto", |_| {});
    scene.step(None);
    scene.fails(60);
    scene.after(1);
    assert_eq!(scene.after(600), seconds(60));
    assert!(scene.world.borrow().messages.is_empty());
}

#[test]
fn three_short_lives_are_the_end() {
    let mut scene = Scene::new("auto", |_| {});
    scene.step(None);
    for pause in [1, 2] {
        assert_eq!(scene.fails(9), seconds(pause));
        scene.after(pause);
    }
    assert_eq!(scene.fails(9), NextStep::Never);
    assert!(
        scene.why().ends_with("it was lost, 3 times in a row"),
        "{}",
        scene.why()
    );
    assert_eq!(scene.world.borrow().messages.len(), 1);
    assert_eq!(scene.step(Some(GpuEvent::Wanted)), NextStep::Never);
    // A GPU that cannot be opened does not live at all.
    let refused = Err(OpenFailure::Other("it does not answer".into()));
    let mut scene = Scene::new("auto", |world| world.opens = refused);
    let steps = [scene.step(None), scene.after(1), scene.after(2)];
    assert_eq!(steps, [seconds(1), seconds(2), NextStep::Never]);
}

#[test]
fn the_user_learns_what_became_of_a_gpu_that_was_named() {
    let messages = |scene: &Scene| scene.world.borrow().messages.clone();
    let mut scene = Scene::new("RTX", |world| world.known = Some(SLOW));
    scene.step(None);
    scene.after(60);
    let shown = messages(&scene);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].contains("0.8 times as fast"), "{shown:?}");
    let mut scene = Scene::new("Arc", |_| {});
    assert_eq!(scene.step(None), NextStep::Never);
    let shown = messages(&scene);
    assert_eq!(shown.len(), 1, "{shown:?}");
    assert!(shown[0].contains("no GPU is called `Arc`"), "{shown:?}");
    // Without a name, a GPU that cannot be used is no news.
    let mut scene = Scene::new("auto", |world| world.known = Some(SLOW));
    scene.step(None);
    assert!(messages(&scene).is_empty());
}

#[test]
fn memory_that_others_use_is_no_failure() {
    let full = Err(OpenFailure::Memory("its memory does not suffice".into()));
    let mut scene = Scene::new("auto", |world| world.opens = full);
    assert_eq!(scene.step(None), seconds(600));
    assert!(scene.why().contains("does not suffice"), "{}", scene.why());
    // It is tried again when a request comes, and not before.
    assert_eq!(scene.after(600), NextStep::AtEvent);
    assert_eq!(scene.step(Some(GpuEvent::Wanted)), seconds(600));
    scene.after(600);
    scene.world.borrow_mut().opens = Ok(7);
    assert_eq!(scene.step(Some(GpuEvent::Wanted)), seconds(60));
    let wanted = [
        "find", "open", "forget", "rest", "open", "forget", "rest", "open",
    ];
    assert_eq!(scene.done(), wanted);
    assert!(scene.world.borrow().messages.is_empty());
}
