#include <stdio.h>

struct point {
    int x
    int y;
};

static int distance(struct point *a, struct point *b) {
    int dx = a->x - b->;
    return dx * dx;
}

int main(int argc, char **argv) {
    struct point a = { 0, 0 };
    if (argc > 1 {
        printf("%d\n", distance(&a, &a));
    }
    return 0;
}
