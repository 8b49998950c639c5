; #include <a.h>, #include "b.h"
(preproc_include path: (_) @path) @import
