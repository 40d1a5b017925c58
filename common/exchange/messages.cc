#include "common/exchange/messages.h"

#include <cstring>

#include "common/base/error.h"
#include "common/codec/rows_codec.h"
#include "common/tuning/state_bytes.h"

namespace cleave {
namespace {

constexpr std::uint64_t kMaxReportBytes = 64 << 20;  // lists one number per sample and batch

std::string text(std::int64_t value) { return std::to_string(value); }

void put_u32(std::byte* out, std::uint32_t value) {
  for (int i = 0; i < 4; ++i) out[i] = std::byte(value >> (8 * i) & 0xff);
}

std::uint32_t get_u32(const std::byte* in) {
  std::uint32_t value = 0;
  for (int i = 3; i >= 0; --i) value = value << 8 | std::to_integer<std::uint32_t>(in[i]);
  return value;
}

void check_tensor(const FrameHeader& header, int rank, const RowsForm& form) {
  const std::string name(kind_name(header.kind));
  if (header.rank != rank || header.dtype != form.dtype) {
    throw ProtocolError("a " + name + " frame of rank " + text(header.rank) + " and type " +
                        std::string(dtype_name(header.dtype)) + " where the job calls for rank " +
                        text(rank) + " and " + std::string(dtype_name(form.dtype)));
  }
  if (header.dims[1] != form.width) {
    throw ProtocolError("a " + name + " frame of width " + text(header.dims[1]) +
                        " where the model has " + text(form.width));
  }
}

Layout parse_lengths(const Frame& frame, const RowsForm& form) {
  const std::int64_t samples = frame.header.dims[2];
  if (samples < 1 || samples > form.max_samples) {
    throw ProtocolError("a batch of " + text(samples) + " samples; the job allows 1 to " +
                        text(form.max_samples));
  }
  Layout layout;
  const std::byte* position =
      frame.payload.data() + frame.payload.size() - static_cast<std::size_t>(4 * samples);
  for (std::int64_t i = 0; i < samples; ++i, position += 4) {
    const std::int64_t length = get_u32(position);
    if (length < 1 || length > form.max_text_rows) {
      throw ProtocolError("a sample of " + text(length) + " rows; the job allows 1 to " +
                          text(form.max_text_rows));
    }
    layout.lengths.push_back(length);
  }
  layout = form.smashed(std::move(layout));
  if (layout.rows() != frame.header.dims[0]) {
    throw ProtocolError("a batch of " + text(frame.header.dims[0]) +
                        " rows whose samples' lengths call for " + text(layout.rows()));
  }
  return layout;
}

Frame tensor_frame(Kind kind, const at::Tensor& x, const RowsForm& form, std::size_t trailer) {
  Frame frame;
  frame.header.kind = kind;
  frame.header.dtype = form.dtype;
  frame.header.rank = 2;
  frame.header.dims[0] = static_cast<std::uint32_t>(x.size(0));
  frame.header.dims[1] = static_cast<std::uint32_t>(x.size(1));
  frame.payload = encode_rows(x, form.dtype, trailer);
  return frame;
}

// Of a text-only layout, where the method's rows have been inserted or not yet.
Layout layout_at(Layout text, const RowsPlan& plan, bool inserted) {
  text.first_position = plan.first_position;
  return inserted && plan.rows > 0 ? with_prompt(text, plan.rows, plan.begin) : text;
}

}  // namespace

Layout RowsForm::smashed(Layout text) const { return layout_at(std::move(text), plan, plan.sent); }

Layout RowsForm::features(Layout text) const {
  return layout_at(std::move(text), plan, plan.returned);
}

Layout RowsForm::read_out(Layout text) const { return layout_at(std::move(text), plan, true); }

RowsForm rows_form(const TuningContext& context) {
  const Job& job = context.job;
  RowsForm form;
  form.width = context.config.hidden;
  form.plan = rows_plan(context);
  form.max_samples = std::max(job.optimizer.batch, job.eval.batch);
  form.max_text_rows = text_rows(context);
  form.empty_body = context.cut.head + context.cut.tail == context.config.layers;
  form.dtype = job.wire.precision == "bf16" ? Dtype::kBf16 : Dtype::kF32;
  return form;
}

FrameLimits coordinator_limits(const State& form) {
  FrameLimits limits = FrameLimits::control_only();
  for (const Kind kind : {Kind::kState, Kind::kUpdate, Kind::kEvalState}) {
    limits[kind] = std::max<std::uint64_t>(1, state_bytes(form));  // 0 would forbid an empty state
  }
  limits[Kind::kRoundEnd] = kMaxControlBytes;
  for (const Kind kind : {Kind::kReport, Kind::kEvalReport}) limits[kind] = kMaxReportBytes;
  return limits;
}

FrameLimits body_limits(const RowsForm& form) {
  FrameLimits limits = FrameLimits::control_only();
  const auto rows = static_cast<std::uint64_t>(form.max_samples) *
                    static_cast<std::uint64_t>(form.max_text_rows + form.plan.rows);
  const std::uint64_t bytes =
      rows * static_cast<std::uint64_t>(form.width) * dtype_size(form.dtype);
  for (const Kind kind :
       {Kind::kFeatures, Kind::kFeaturesGrad, Kind::kSmashedGrad, Kind::kEvalFeatures}) {
    limits[kind] = std::min(bytes, kMaxPayloadBytes);
  }
  for (const Kind kind : {Kind::kSmashed, Kind::kEvalSmashed}) {
    limits[kind] =
        std::min(bytes + 4 * static_cast<std::uint64_t>(form.max_samples), kMaxPayloadBytes);
  }
  limits[Kind::kTally] = kMaxControlBytes;
  return limits;
}

Frame smashed_frame(Kind kind, const Rows& rows, const RowsForm& form) {
  const Layout& layout = *rows.layout;
  const auto trailer = static_cast<std::size_t>(4 * layout.samples());
  Frame frame = tensor_frame(kind, rows.x, form, trailer);
  frame.header.rank = 3;
  frame.header.dims[2] = static_cast<std::uint32_t>(layout.samples());
  std::byte* position = frame.payload.data() + frame.payload.size() - trailer;
  for (const std::int64_t length : layout.lengths) {
    put_u32(position, static_cast<std::uint32_t>(length - layout.prompt_rows));
    position += 4;
  }
  return frame;
}

Rows parse_smashed(Frame frame, const RowsForm& form) {
  check_tensor(frame.header, 3, form);
  auto layout = std::make_shared<Layout>(parse_lengths(frame, form));
  const std::int64_t rows = layout->rows();
  return {decode_rows(std::move(frame.payload), form.dtype, rows, form.width), std::move(layout)};
}

Frame rows_frame(Kind kind, const at::Tensor& x, const RowsForm& form) {
  return tensor_frame(kind, x, form, 0);
}

at::Tensor parse_rows(Frame frame, const Layout& layout, const RowsForm& form) {
  check_tensor(frame.header, 2, form);
  if (frame.header.dims[0] != layout.rows()) {
    throw ProtocolError("a " + std::string(kind_name(frame.header.kind)) + " frame of " +
                        text(frame.header.dims[0]) + " rows where the step has " +
                        text(layout.rows()));
  }
  return decode_rows(std::move(frame.payload), form.dtype, layout.rows(), form.width);
}

Frame state_frame(Kind kind, const State& state) {
  Frame frame;
  frame.header.kind = kind;
  frame.payload = pack_state(state);
  return frame;
}

State parse_state(const Frame& frame, const State& form) {
  return unpack_state(frame.payload, form);
}

State parse_finite_state(const Frame& frame, const State& form) {
  State state = parse_state(frame, form);
  if (!all_finite(state)) throw ProtocolError("the server's state holds NaN or infinite values");
  return state;
}

}  // namespace cleave
