//! What this machine gives: the rate of the products of a layer, and of the instruction they are
//! made of.

use crate::product::multiply;
use crate::quantized::{Left, Right, Rounding, block_of};

/// Nanoseconds of a measurement: the clock below moves only every few milliseconds.
const LONG_ENOUGH: f64 = 2e8;

/// Nanoseconds that this process's first thread has computed, however busy the machine is.
fn busy() -> f64 {
    let text = std::fs::read_to_string("/proc/self/schedstat").unwrap_or_default();
    text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or(f64::NAN)
}

/// Prints billions of operations a second on one thread, for the shapes of the model and batches of
/// `tokens`.
pub fn print(tokens: usize) {
    for (inner, columns) in [(576, 960), (576, 576), (576, 3072), (1536, 576), (576, 20_480)] {
        let values =
            |count: usize| (0..count).map(|i| (i % 97) as f32 - 48.0).collect::<Vec<f32>>();
        let (x, w, g) = (values(tokens * inner), values(inner * columns), values(tokens * columns));
        let (mut left, mut right) = (Left::default(), Right::default());
        let mut report = vec![format!("{inner} x {columns}")];
        let mut time = |name: &str, operations: f64, run: &mut dyn FnMut()| {
            run();
            let (began, mut runs) = (busy(), 0.0);
            while busy() - began < LONG_ENOUGH {
                run();
                runs += 1.0;
            }
            report.push(format!("{name} {:.1}", runs * operations / (busy() - began)));
        };
        let all = 2.0 * (tokens * inner * columns) as f64;
        let mut c = vec![0.0; tokens * columns];
        right.set_columns(&w, columns, Rounding::Nearest);
        time("G values/s left", (tokens * inner) as f64, &mut || {
            left.set_rows(&x, inner, Rounding::Nearest)
        });
        time("forward G/s", all, &mut || multiply(&left, &right, &mut c, false));
        right.set_rows(&w, inner, block_of(columns), Rounding::Nearest);
        let mut d_x = vec![0.0; tokens * inner];
        time("left random", (tokens * columns) as f64, &mut || {
            left.set_rows(&g, columns, Rounding::Stochastic(1))
        });
        time("inputs", all, &mut || multiply(&left, &right, &mut d_x, false));
        let mut d_w = vec![0.0; inner * columns];
        time("right turned", (tokens * inner) as f64, &mut || {
            right.set_rows(&x, inner, 128, Rounding::Nearest)
        });
        time("left turned", (tokens * columns) as f64, &mut || {
            left.set_columns(&g, columns, 128, Rounding::Stochastic(1));
        });
        time("weights", all, &mut || multiply(&left, &right, &mut d_w, true));
        println!("{}", report.join(", "));
    }
}
