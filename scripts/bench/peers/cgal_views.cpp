// Views of cameras by CGAL, exactly: an arrangement of the walls around each, triangular expansion.
// Reads: cameras; then for each its half width, number of walls, and their ends with the camera at 0, 0.
// Writes: seconds of one pass over all, then the area of each view.
#include <CGAL/Arr_segment_traits_2.h>
#include <CGAL/Arr_naive_point_location.h>
#include <CGAL/Arrangement_2.h>
#include <CGAL/Exact_predicates_exact_constructions_kernel.h>
#include <CGAL/Triangular_expansion_visibility_2.h>
#include <chrono>
#include <cmath>
#include <iostream>
#include <variant>
#include <vector>

using Kernel = CGAL::Exact_predicates_exact_constructions_kernel;
using Point = Kernel::Point_2;
using Segment = Kernel::Segment_2;
using Arrangement = CGAL::Arrangement_2<CGAL::Arr_segment_traits_2<Kernel>>;
using Face = Arrangement::Face_const_handle;
using Expansion = CGAL::Triangular_expansion_visibility_2<Arrangement, CGAL::Tag_true>;

double area_of(const Arrangement& view) {
  double area = 0;
  for (auto face = view.faces_begin(); face != view.faces_end(); ++face) {
    if (face->is_unbounded()) continue;
    auto edge = face->outer_ccb();
    const auto first = edge;
    do {
      const double ax = CGAL::to_double(edge->source()->point().x());
      const double ay = CGAL::to_double(edge->source()->point().y());
      const double bx = CGAL::to_double(edge->target()->point().x());
      const double by = CGAL::to_double(edge->target()->point().y());
      area += (ax * by - bx * ay) / 2;
    } while (++edge != first);
  }
  return std::abs(area);
}

double look(std::vector<Segment> walls, double half) {
  const Point corners[] = {{-half, -half}, {half, -half}, {half, half}, {-half, half}};
  for (int n = 0; n < 4; ++n) walls.emplace_back(corners[n], corners[(n + 1) % 4]);
  Arrangement ground;
  CGAL::insert(ground, walls.begin(), walls.end());
  const Point camera(0, 0);
  CGAL::Arr_naive_point_location<Arrangement> where(ground);
  const auto place = where.locate(camera);
#if CGAL_VERSION_NR >= 1060000000
  const Face* face = std::get_if<Face>(&place);
#else
  const Face* face = boost::get<Face>(&place);
#endif
  if (face == nullptr || (*face)->is_unbounded()) return 0;
  Expansion expansion(ground);
  Arrangement view;
  expansion.compute_visibility(camera, *face, view);
  return area_of(view);
}

int main() {
  int cameras = 0;
  std::cin >> cameras;
  std::vector<std::vector<Segment>> scenes(cameras);
  std::vector<double> half(cameras), areas(cameras);
  for (int n = 0; n < cameras; ++n) {
    int count = 0;
    std::cin >> half[n] >> count;
    for (int k = 0; k < count; ++k) {
      double ax, ay, bx, by;
      std::cin >> ax >> ay >> bx >> by;
      scenes[n].emplace_back(Point(ax, ay), Point(bx, by));
    }
  }
  const auto start = std::chrono::steady_clock::now();
  for (int n = 0; n < cameras; ++n) areas[n] = look(scenes[n], half[n]);
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - start;
  std::cout.precision(17);
  std::cout << taken.count() << "\n";
  for (const double area : areas) std::cout << area << "\n";
}
