// Generated from llama.cpp's headers. Do not edit.

/// FNV-1a fingerprint of the headers that these bindings were generated from.
pub const HEADER_FINGERPRINT: u64 = 0x81cbf76fe16a55b7;

use crate::bindings::*;

pub type mtmd_input_chunk_type = u32;
pub type mtmd_progress_callback = ::std::option::Option<
    unsafe extern "C" fn(progress: f32, user_data: *mut ::std::os::raw::c_void) -> bool,
>;
pub type mtmd_bitmap_lazy_callback = ::std::option::Option<
    unsafe extern "C" fn(
        chunk_idx: usize,
        user_data: *mut ::std::os::raw::c_void,
        out_bitmap: *mut *mut mtmd_bitmap,
        out_text: *mut *mut ::std::os::raw::c_char,
    ) -> ::std::os::raw::c_int,
>;
pub type mtmd_gen_audio_type = u32;
pub type mtmd_gen_process_type = u32;
pub type mtmd_helper_post_decode_callback = ::std::option::Option<
    unsafe extern "C" fn(
        batch: *const mtmd_helper_embd_batch,
        user_data: *mut ::std::os::raw::c_void,
    ) -> i32,
>;
pub type mtmd_helper_gen_audio_outtype = u32;
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_context {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_bitmap {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_image_tokens {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_input_chunk {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_input_chunks {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_batch {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_input_text {
    pub text: *const ::std::os::raw::c_char,
    pub text_len: usize,
    pub add_special: bool,
    pub parse_special: bool,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_input_part {
    pub text: *const mtmd_input_text,
    pub bitmap: *const mtmd_bitmap,
}
#[repr(C)]
pub struct mtmd_context_params {
    pub use_gpu: bool,
    pub device: ggml_backend_dev_t,
    pub print_timings: bool,
    pub n_threads: ::std::os::raw::c_int,
    pub image_marker: *const ::std::os::raw::c_char,
    pub media_marker: *const ::std::os::raw::c_char,
    pub flash_attn_type: llama_flash_attn_type,
    pub warmup: bool,
    pub image_min_tokens: ::std::os::raw::c_int,
    pub image_max_tokens: ::std::os::raw::c_int,
    pub cb_eval: ggml_backend_sched_eval_callback,
    pub cb_eval_user_data: *mut ::std::os::raw::c_void,
    pub batch_max_tokens: i32,
    pub progress_callback: mtmd_progress_callback,
    pub progress_callback_user_data: *mut ::std::os::raw::c_void,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_decoder_pos {
    pub t: u32,
    pub x: u32,
    pub y: u32,
    pub z: u32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_caps {
    pub inp_vision: bool,
    pub inp_audio: bool,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_gen_audio_info {
    pub type_: mtmd_gen_audio_type,
    pub sample_rate: i32,
    pub model_variant: *const ::std::os::raw::c_char,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_gen_inp {
    pub type_: mtmd_gen_process_type,
    pub code0: i32,
    pub embd: *mut f32,
    pub top_k: i32,
    pub top_p: f32,
    pub seed: u32,
    pub temp: f32,
    pub codes: *mut i32,
    pub n_codes: usize,
    pub feats: *const f32,
    pub n_feats: usize,
    pub state_data: *const ::std::os::raw::c_char,
    pub state_size: usize,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_gen_out {
    pub codes: *const i32,
    pub n_codes: usize,
    pub feats: *const f32,
    pub n_feats: usize,
    pub embd: *const f32,
    pub is_eos: bool,
    pub audio: *const f32,
    pub n_samples: usize,
    pub state_data: *const ::std::os::raw::c_char,
    pub state_size: usize,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_helper_video {
    _unused: [u8; 0],
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_helper_video_init_params {
    pub fps_target: f32,
    pub ffmpeg_bin_dir: *const ::std::os::raw::c_char,
    pub timestamp_interval_ms: i64,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_helper_init_opt {
    pub video_params: mtmd_helper_video_init_params,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_helper_bitmap_wrapper {
    pub bitmap: *mut mtmd_bitmap,
    pub video_ctx: *mut mtmd_helper_video,
}
#[repr(C)]
pub struct mtmd_helper_embd_batch {
    pub n_tokens: i32,
    pub embd: *const f32,
    pub n_embd: i32,
    pub pos: *const llama_pos,
    pub n_pos: i32,
    pub seq_id: llama_seq_id,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_helper_video_info {
    pub width: u32,
    pub height: u32,
    pub fps: f32,
    pub n_frames: i32,
}
#[repr(C)]
#[derive(Debug, Copy, Clone)]
pub struct mtmd_helper_gen_audio {
    _unused: [u8; 0],
}
#[repr(C)]
pub struct mtmd_helper_gen_audio_inp {
    pub seq_id: llama_seq_id,
    pub prompt: *const ::std::os::raw::c_char,
    pub prompt_len: usize,
    pub speaker_ref: *mut mtmd_bitmap,
    pub lang: *const ::std::os::raw::c_char,
    pub top_k: i32,
    pub top_p: f32,
    pub seed: u32,
    pub out_type: mtmd_helper_gen_audio_outtype,
}
pub const MTMD_INPUT_CHUNK_TYPE_TEXT: mtmd_input_chunk_type = 0;
pub const MTMD_INPUT_CHUNK_TYPE_IMAGE: mtmd_input_chunk_type = 1;
pub const MTMD_INPUT_CHUNK_TYPE_AUDIO: mtmd_input_chunk_type = 2;
pub const MTMD_INPUT_CHUNK_TYPE_COUNT: mtmd_input_chunk_type = 3;
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    ["Size of mtmd_input_text"][::std::mem::size_of::<mtmd_input_text>() - 24usize];
    ["Alignment of mtmd_input_text"][::std::mem::align_of::<mtmd_input_text>() - 8usize];
    [
        "Offset of field: mtmd_input_text::text",
    ][::std::mem::offset_of!(mtmd_input_text, text) - 0usize];
    [
        "Offset of field: mtmd_input_text::text_len",
    ][::std::mem::offset_of!(mtmd_input_text, text_len) - 8usize];
    [
        "Offset of field: mtmd_input_text::add_special",
    ][::std::mem::offset_of!(mtmd_input_text, add_special) - 16usize];
    [
        "Offset of field: mtmd_input_text::parse_special",
    ][::std::mem::offset_of!(mtmd_input_text, parse_special) - 17usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    ["Size of mtmd_input_part"][::std::mem::size_of::<mtmd_input_part>() - 16usize];
    ["Alignment of mtmd_input_part"][::std::mem::align_of::<mtmd_input_part>() - 8usize];
    [
        "Offset of field: mtmd_input_part::text",
    ][::std::mem::offset_of!(mtmd_input_part, text) - 0usize];
    [
        "Offset of field: mtmd_input_part::bitmap",
    ][::std::mem::offset_of!(mtmd_input_part, bitmap) - 8usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    [
        "Size of mtmd_context_params",
    ][::std::mem::size_of::<mtmd_context_params>() - 96usize];
    [
        "Alignment of mtmd_context_params",
    ][::std::mem::align_of::<mtmd_context_params>() - 8usize];
    [
        "Offset of field: mtmd_context_params::use_gpu",
    ][::std::mem::offset_of!(mtmd_context_params, use_gpu) - 0usize];
    [
        "Offset of field: mtmd_context_params::device",
    ][::std::mem::offset_of!(mtmd_context_params, device) - 8usize];
    [
        "Offset of field: mtmd_context_params::print_timings",
    ][::std::mem::offset_of!(mtmd_context_params, print_timings) - 16usize];
    [
        "Offset of field: mtmd_context_params::n_threads",
    ][::std::mem::offset_of!(mtmd_context_params, n_threads) - 20usize];
    [
        "Offset of field: mtmd_context_params::image_marker",
    ][::std::mem::offset_of!(mtmd_context_params, image_marker) - 24usize];
    [
        "Offset of field: mtmd_context_params::media_marker",
    ][::std::mem::offset_of!(mtmd_context_params, media_marker) - 32usize];
    [
        "Offset of field: mtmd_context_params::flash_attn_type",
    ][::std::mem::offset_of!(mtmd_context_params, flash_attn_type) - 40usize];
    [
        "Offset of field: mtmd_context_params::warmup",
    ][::std::mem::offset_of!(mtmd_context_params, warmup) - 44usize];
    [
        "Offset of field: mtmd_context_params::image_min_tokens",
    ][::std::mem::offset_of!(mtmd_context_params, image_min_tokens) - 48usize];
    [
        "Offset of field: mtmd_context_params::image_max_tokens",
    ][::std::mem::offset_of!(mtmd_context_params, image_max_tokens) - 52usize];
    [
        "Offset of field: mtmd_context_params::cb_eval",
    ][::std::mem::offset_of!(mtmd_context_params, cb_eval) - 56usize];
    [
        "Offset of field: mtmd_context_params::cb_eval_user_data",
    ][::std::mem::offset_of!(mtmd_context_params, cb_eval_user_data) - 64usize];
    [
        "Offset of field: mtmd_context_params::batch_max_tokens",
    ][::std::mem::offset_of!(mtmd_context_params, batch_max_tokens) - 72usize];
    [
        "Offset of field: mtmd_context_params::progress_callback",
    ][::std::mem::offset_of!(mtmd_context_params, progress_callback) - 80usize];
    [
        "Offset of field: mtmd_context_params::progress_callback_user_data",
    ][::std::mem::offset_of!(mtmd_context_params, progress_callback_user_data)
        - 88usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    ["Size of mtmd_decoder_pos"][::std::mem::size_of::<mtmd_decoder_pos>() - 16usize];
    [
        "Alignment of mtmd_decoder_pos",
    ][::std::mem::align_of::<mtmd_decoder_pos>() - 4usize];
    [
        "Offset of field: mtmd_decoder_pos::t",
    ][::std::mem::offset_of!(mtmd_decoder_pos, t) - 0usize];
    [
        "Offset of field: mtmd_decoder_pos::x",
    ][::std::mem::offset_of!(mtmd_decoder_pos, x) - 4usize];
    [
        "Offset of field: mtmd_decoder_pos::y",
    ][::std::mem::offset_of!(mtmd_decoder_pos, y) - 8usize];
    [
        "Offset of field: mtmd_decoder_pos::z",
    ][::std::mem::offset_of!(mtmd_decoder_pos, z) - 12usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    ["Size of mtmd_caps"][::std::mem::size_of::<mtmd_caps>() - 2usize];
    ["Alignment of mtmd_caps"][::std::mem::align_of::<mtmd_caps>() - 1usize];
    [
        "Offset of field: mtmd_caps::inp_vision",
    ][::std::mem::offset_of!(mtmd_caps, inp_vision) - 0usize];
    [
        "Offset of field: mtmd_caps::inp_audio",
    ][::std::mem::offset_of!(mtmd_caps, inp_audio) - 1usize];
};
pub const MTMD_GEN_AUDIO_TYPE_NONE: mtmd_gen_audio_type = 0;
pub const MTMD_GEN_AUDIO_TYPE_QWEN3TTS: mtmd_gen_audio_type = 1;
pub const MTMD_GEN_AUDIO_TYPE_POCKETTTS: mtmd_gen_audio_type = 2;
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    [
        "Size of mtmd_gen_audio_info",
    ][::std::mem::size_of::<mtmd_gen_audio_info>() - 16usize];
    [
        "Alignment of mtmd_gen_audio_info",
    ][::std::mem::align_of::<mtmd_gen_audio_info>() - 8usize];
    [
        "Offset of field: mtmd_gen_audio_info::type_",
    ][::std::mem::offset_of!(mtmd_gen_audio_info, type_) - 0usize];
    [
        "Offset of field: mtmd_gen_audio_info::sample_rate",
    ][::std::mem::offset_of!(mtmd_gen_audio_info, sample_rate) - 4usize];
    [
        "Offset of field: mtmd_gen_audio_info::model_variant",
    ][::std::mem::offset_of!(mtmd_gen_audio_info, model_variant) - 8usize];
};
pub const MTMD_GEN_PROCESS_TYPE_GEN_CODE: mtmd_gen_process_type = 0;
pub const MTMD_GEN_PROCESS_TYPE_GEN_WAV: mtmd_gen_process_type = 1;
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    ["Size of mtmd_gen_inp"][::std::mem::size_of::<mtmd_gen_inp>() - 80usize];
    ["Alignment of mtmd_gen_inp"][::std::mem::align_of::<mtmd_gen_inp>() - 8usize];
    [
        "Offset of field: mtmd_gen_inp::type_",
    ][::std::mem::offset_of!(mtmd_gen_inp, type_) - 0usize];
    [
        "Offset of field: mtmd_gen_inp::code0",
    ][::std::mem::offset_of!(mtmd_gen_inp, code0) - 4usize];
    [
        "Offset of field: mtmd_gen_inp::embd",
    ][::std::mem::offset_of!(mtmd_gen_inp, embd) - 8usize];
    [
        "Offset of field: mtmd_gen_inp::top_k",
    ][::std::mem::offset_of!(mtmd_gen_inp, top_k) - 16usize];
    [
        "Offset of field: mtmd_gen_inp::top_p",
    ][::std::mem::offset_of!(mtmd_gen_inp, top_p) - 20usize];
    [
        "Offset of field: mtmd_gen_inp::seed",
    ][::std::mem::offset_of!(mtmd_gen_inp, seed) - 24usize];
    [
        "Offset of field: mtmd_gen_inp::temp",
    ][::std::mem::offset_of!(mtmd_gen_inp, temp) - 28usize];
    [
        "Offset of field: mtmd_gen_inp::codes",
    ][::std::mem::offset_of!(mtmd_gen_inp, codes) - 32usize];
    [
        "Offset of field: mtmd_gen_inp::n_codes",
    ][::std::mem::offset_of!(mtmd_gen_inp, n_codes) - 40usize];
    [
        "Offset of field: mtmd_gen_inp::feats",
    ][::std::mem::offset_of!(mtmd_gen_inp, feats) - 48usize];
    [
        "Offset of field: mtmd_gen_inp::n_feats",
    ][::std::mem::offset_of!(mtmd_gen_inp, n_feats) - 56usize];
    [
        "Offset of field: mtmd_gen_inp::state_data",
    ][::std::mem::offset_of!(mtmd_gen_inp, state_data) - 64usize];
    [
        "Offset of field: mtmd_gen_inp::state_size",
    ][::std::mem::offset_of!(mtmd_gen_inp, state_size) - 72usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    ["Size of mtmd_gen_out"][::std::mem::size_of::<mtmd_gen_out>() - 80usize];
    ["Alignment of mtmd_gen_out"][::std::mem::align_of::<mtmd_gen_out>() - 8usize];
    [
        "Offset of field: mtmd_gen_out::codes",
    ][::std::mem::offset_of!(mtmd_gen_out, codes) - 0usize];
    [
        "Offset of field: mtmd_gen_out::n_codes",
    ][::std::mem::offset_of!(mtmd_gen_out, n_codes) - 8usize];
    [
        "Offset of field: mtmd_gen_out::feats",
    ][::std::mem::offset_of!(mtmd_gen_out, feats) - 16usize];
    [
        "Offset of field: mtmd_gen_out::n_feats",
    ][::std::mem::offset_of!(mtmd_gen_out, n_feats) - 24usize];
    [
        "Offset of field: mtmd_gen_out::embd",
    ][::std::mem::offset_of!(mtmd_gen_out, embd) - 32usize];
    [
        "Offset of field: mtmd_gen_out::is_eos",
    ][::std::mem::offset_of!(mtmd_gen_out, is_eos) - 40usize];
    [
        "Offset of field: mtmd_gen_out::audio",
    ][::std::mem::offset_of!(mtmd_gen_out, audio) - 48usize];
    [
        "Offset of field: mtmd_gen_out::n_samples",
    ][::std::mem::offset_of!(mtmd_gen_out, n_samples) - 56usize];
    [
        "Offset of field: mtmd_gen_out::state_data",
    ][::std::mem::offset_of!(mtmd_gen_out, state_data) - 64usize];
    [
        "Offset of field: mtmd_gen_out::state_size",
    ][::std::mem::offset_of!(mtmd_gen_out, state_size) - 72usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    [
        "Size of mtmd_helper_video_init_params",
    ][::std::mem::size_of::<mtmd_helper_video_init_params>() - 24usize];
    [
        "Alignment of mtmd_helper_video_init_params",
    ][::std::mem::align_of::<mtmd_helper_video_init_params>() - 8usize];
    [
        "Offset of field: mtmd_helper_video_init_params::fps_target",
    ][::std::mem::offset_of!(mtmd_helper_video_init_params, fps_target) - 0usize];
    [
        "Offset of field: mtmd_helper_video_init_params::ffmpeg_bin_dir",
    ][::std::mem::offset_of!(mtmd_helper_video_init_params, ffmpeg_bin_dir) - 8usize];
    [
        "Offset of field: mtmd_helper_video_init_params::timestamp_interval_ms",
    ][::std::mem::offset_of!(mtmd_helper_video_init_params, timestamp_interval_ms)
        - 16usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    [
        "Size of mtmd_helper_init_opt",
    ][::std::mem::size_of::<mtmd_helper_init_opt>() - 24usize];
    [
        "Alignment of mtmd_helper_init_opt",
    ][::std::mem::align_of::<mtmd_helper_init_opt>() - 8usize];
    [
        "Offset of field: mtmd_helper_init_opt::video_params",
    ][::std::mem::offset_of!(mtmd_helper_init_opt, video_params) - 0usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    [
        "Size of mtmd_helper_bitmap_wrapper",
    ][::std::mem::size_of::<mtmd_helper_bitmap_wrapper>() - 16usize];
    [
        "Alignment of mtmd_helper_bitmap_wrapper",
    ][::std::mem::align_of::<mtmd_helper_bitmap_wrapper>() - 8usize];
    [
        "Offset of field: mtmd_helper_bitmap_wrapper::bitmap",
    ][::std::mem::offset_of!(mtmd_helper_bitmap_wrapper, bitmap) - 0usize];
    [
        "Offset of field: mtmd_helper_bitmap_wrapper::video_ctx",
    ][::std::mem::offset_of!(mtmd_helper_bitmap_wrapper, video_ctx) - 8usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    [
        "Size of mtmd_helper_embd_batch",
    ][::std::mem::size_of::<mtmd_helper_embd_batch>() - 40usize];
    [
        "Alignment of mtmd_helper_embd_batch",
    ][::std::mem::align_of::<mtmd_helper_embd_batch>() - 8usize];
    [
        "Offset of field: mtmd_helper_embd_batch::n_tokens",
    ][::std::mem::offset_of!(mtmd_helper_embd_batch, n_tokens) - 0usize];
    [
        "Offset of field: mtmd_helper_embd_batch::embd",
    ][::std::mem::offset_of!(mtmd_helper_embd_batch, embd) - 8usize];
    [
        "Offset of field: mtmd_helper_embd_batch::n_embd",
    ][::std::mem::offset_of!(mtmd_helper_embd_batch, n_embd) - 16usize];
    [
        "Offset of field: mtmd_helper_embd_batch::pos",
    ][::std::mem::offset_of!(mtmd_helper_embd_batch, pos) - 24usize];
    [
        "Offset of field: mtmd_helper_embd_batch::n_pos",
    ][::std::mem::offset_of!(mtmd_helper_embd_batch, n_pos) - 32usize];
    [
        "Offset of field: mtmd_helper_embd_batch::seq_id",
    ][::std::mem::offset_of!(mtmd_helper_embd_batch, seq_id) - 36usize];
};
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    [
        "Size of mtmd_helper_video_info",
    ][::std::mem::size_of::<mtmd_helper_video_info>() - 16usize];
    [
        "Alignment of mtmd_helper_video_info",
    ][::std::mem::align_of::<mtmd_helper_video_info>() - 4usize];
    [
        "Offset of field: mtmd_helper_video_info::width",
    ][::std::mem::offset_of!(mtmd_helper_video_info, width) - 0usize];
    [
        "Offset of field: mtmd_helper_video_info::height",
    ][::std::mem::offset_of!(mtmd_helper_video_info, height) - 4usize];
    [
        "Offset of field: mtmd_helper_video_info::fps",
    ][::std::mem::offset_of!(mtmd_helper_video_info, fps) - 8usize];
    [
        "Offset of field: mtmd_helper_video_info::n_frames",
    ][::std::mem::offset_of!(mtmd_helper_video_info, n_frames) - 12usize];
};
pub const MTMD_HELPER_GEN_AUDIO_OUTTYPE_PCM: mtmd_helper_gen_audio_outtype = 0;
pub const MTMD_HELPER_GEN_AUDIO_OUTTYPE_WAV: mtmd_helper_gen_audio_outtype = 1;
#[allow(clippy::unnecessary_operation, clippy::identity_op)]
#[cfg(target_pointer_width = "64")]
const _: () = {
    [
        "Size of mtmd_helper_gen_audio_inp",
    ][::std::mem::size_of::<mtmd_helper_gen_audio_inp>() - 56usize];
    [
        "Alignment of mtmd_helper_gen_audio_inp",
    ][::std::mem::align_of::<mtmd_helper_gen_audio_inp>() - 8usize];
    [
        "Offset of field: mtmd_helper_gen_audio_inp::seq_id",
    ][::std::mem::offset_of!(mtmd_helper_gen_audio_inp, seq_id) - 0usize];
    [
        "Offset of field: mtmd_helper_gen_audio_inp::prompt",
    ][::std::mem::offset_of!(mtmd_helper_gen_audio_inp, prompt) - 8usize];
    [
        "Offset of field: mtmd_helper_gen_audio_inp::prompt_len",
    ][::std::mem::offset_of!(mtmd_helper_gen_audio_inp, prompt_len) - 16usize];
    [
        "Offset of field: mtmd_helper_gen_audio_inp::speaker_ref",
    ][::std::mem::offset_of!(mtmd_helper_gen_audio_inp, speaker_ref) - 24usize];
    [
        "Offset of field: mtmd_helper_gen_audio_inp::lang",
    ][::std::mem::offset_of!(mtmd_helper_gen_audio_inp, lang) - 32usize];
    [
        "Offset of field: mtmd_helper_gen_audio_inp::top_k",
    ][::std::mem::offset_of!(mtmd_helper_gen_audio_inp, top_k) - 40usize];
    [
        "Offset of field: mtmd_helper_gen_audio_inp::top_p",
    ][::std::mem::offset_of!(mtmd_helper_gen_audio_inp, top_p) - 44usize];
    [
        "Offset of field: mtmd_helper_gen_audio_inp::seed",
    ][::std::mem::offset_of!(mtmd_helper_gen_audio_inp, seed) - 48usize];
    [
        "Offset of field: mtmd_helper_gen_audio_inp::out_type",
    ][::std::mem::offset_of!(mtmd_helper_gen_audio_inp, out_type) - 52usize];
};
unsafe extern "C" {
    #[link_name = "lrs_mtmd_default_marker"]
    pub fn mtmd_default_marker() -> *const ::std::os::raw::c_char;
    #[link_name = "lrs_mtmd_context_params_default"]
    pub fn mtmd_context_params_default() -> mtmd_context_params;
    #[link_name = "lrs_mtmd_init_from_file"]
    pub fn mtmd_init_from_file(
        mmproj_fname: *const ::std::os::raw::c_char,
        text_model: *const llama_model,
        ctx_params: mtmd_context_params,
    ) -> *mut mtmd_context;
    #[link_name = "lrs_mtmd_free"]
    pub fn mtmd_free(ctx: *mut mtmd_context);
    #[link_name = "lrs_mtmd_decode_use_non_causal"]
    pub fn mtmd_decode_use_non_causal(
        ctx: *const mtmd_context,
        chunk: *const mtmd_input_chunk,
    ) -> bool;
    #[link_name = "lrs_mtmd_decode_use_mrope"]
    pub fn mtmd_decode_use_mrope(ctx: *const mtmd_context) -> bool;
    #[link_name = "lrs_mtmd_support_vision"]
    pub fn mtmd_support_vision(ctx: *const mtmd_context) -> bool;
    #[link_name = "lrs_mtmd_support_audio"]
    pub fn mtmd_support_audio(ctx: *const mtmd_context) -> bool;
    #[link_name = "lrs_mtmd_get_audio_sample_rate"]
    pub fn mtmd_get_audio_sample_rate(ctx: *const mtmd_context) -> ::std::os::raw::c_int;
    #[link_name = "lrs_mtmd_get_marker"]
    pub fn mtmd_get_marker(ctx: *const mtmd_context) -> *const ::std::os::raw::c_char;
    #[link_name = "lrs_mtmd_bitmap_init"]
    pub fn mtmd_bitmap_init(
        nx: u32,
        ny: u32,
        data: *const ::std::os::raw::c_uchar,
    ) -> *mut mtmd_bitmap;
    #[link_name = "lrs_mtmd_bitmap_init_from_audio"]
    pub fn mtmd_bitmap_init_from_audio(
        n_samples: usize,
        data: *const f32,
    ) -> *mut mtmd_bitmap;
    #[link_name = "lrs_mtmd_bitmap_get_nx"]
    pub fn mtmd_bitmap_get_nx(bitmap: *const mtmd_bitmap) -> u32;
    #[link_name = "lrs_mtmd_bitmap_get_ny"]
    pub fn mtmd_bitmap_get_ny(bitmap: *const mtmd_bitmap) -> u32;
    #[link_name = "lrs_mtmd_bitmap_get_data"]
    pub fn mtmd_bitmap_get_data(
        bitmap: *const mtmd_bitmap,
    ) -> *const ::std::os::raw::c_uchar;
    #[link_name = "lrs_mtmd_bitmap_get_n_bytes"]
    pub fn mtmd_bitmap_get_n_bytes(bitmap: *const mtmd_bitmap) -> usize;
    #[link_name = "lrs_mtmd_bitmap_is_audio"]
    pub fn mtmd_bitmap_is_audio(bitmap: *const mtmd_bitmap) -> bool;
    #[link_name = "lrs_mtmd_bitmap_free"]
    pub fn mtmd_bitmap_free(bitmap: *mut mtmd_bitmap);
    #[link_name = "lrs_mtmd_bitmap_get_id"]
    pub fn mtmd_bitmap_get_id(
        bitmap: *const mtmd_bitmap,
    ) -> *const ::std::os::raw::c_char;
    #[link_name = "lrs_mtmd_bitmap_set_id"]
    pub fn mtmd_bitmap_set_id(
        bitmap: *mut mtmd_bitmap,
        id: *const ::std::os::raw::c_char,
    );
    #[link_name = "lrs_mtmd_bitmap_set_mergeable"]
    pub fn mtmd_bitmap_set_mergeable(bitmap: *mut mtmd_bitmap, mergeable: bool);
    #[link_name = "lrs_mtmd_bitmap_init_lazy"]
    pub fn mtmd_bitmap_init_lazy(
        ctx: *const mtmd_context,
        id: *const ::std::os::raw::c_char,
        user_data: *mut ::std::os::raw::c_void,
        callback: mtmd_bitmap_lazy_callback,
    ) -> *mut mtmd_bitmap;
    #[link_name = "lrs_mtmd_input_chunks_init"]
    pub fn mtmd_input_chunks_init() -> *mut mtmd_input_chunks;
    #[link_name = "lrs_mtmd_input_chunks_size"]
    pub fn mtmd_input_chunks_size(chunks: *const mtmd_input_chunks) -> usize;
    #[link_name = "lrs_mtmd_input_chunks_get"]
    pub fn mtmd_input_chunks_get(
        chunks: *const mtmd_input_chunks,
        idx: usize,
    ) -> *const mtmd_input_chunk;
    #[link_name = "lrs_mtmd_input_chunks_free"]
    pub fn mtmd_input_chunks_free(chunks: *mut mtmd_input_chunks);
    #[link_name = "lrs_mtmd_input_chunk_get_type"]
    pub fn mtmd_input_chunk_get_type(
        chunk: *const mtmd_input_chunk,
    ) -> mtmd_input_chunk_type;
    #[link_name = "lrs_mtmd_input_chunk_get_tokens_text"]
    pub fn mtmd_input_chunk_get_tokens_text(
        chunk: *const mtmd_input_chunk,
        n_tokens_output: *mut usize,
    ) -> *const llama_token;
    #[link_name = "lrs_mtmd_input_chunk_get_tokens_image"]
    pub fn mtmd_input_chunk_get_tokens_image(
        chunk: *const mtmd_input_chunk,
    ) -> *const mtmd_image_tokens;
    #[link_name = "lrs_mtmd_input_chunk_get_n_tokens"]
    pub fn mtmd_input_chunk_get_n_tokens(chunk: *const mtmd_input_chunk) -> usize;
    #[link_name = "lrs_mtmd_input_chunk_get_id"]
    pub fn mtmd_input_chunk_get_id(
        chunk: *const mtmd_input_chunk,
    ) -> *const ::std::os::raw::c_char;
    #[link_name = "lrs_mtmd_input_chunk_get_n_pos"]
    pub fn mtmd_input_chunk_get_n_pos(chunk: *const mtmd_input_chunk) -> llama_pos;
    #[link_name = "lrs_mtmd_input_chunk_copy"]
    pub fn mtmd_input_chunk_copy(
        chunk: *const mtmd_input_chunk,
    ) -> *mut mtmd_input_chunk;
    #[link_name = "lrs_mtmd_input_chunk_free"]
    pub fn mtmd_input_chunk_free(chunk: *mut mtmd_input_chunk);
    #[link_name = "lrs_mtmd_input_chunk_get_placeholder"]
    pub fn mtmd_input_chunk_get_placeholder(
        chunk: *const mtmd_input_chunk,
    ) -> *mut mtmd_input_chunk;
    #[link_name = "lrs_mtmd_input_chunk_save"]
    pub fn mtmd_input_chunk_save(
        chunk: *const mtmd_input_chunk,
        out_buf: *mut ::std::os::raw::c_char,
        out_len: usize,
        expected_out_len: *mut usize,
    ) -> i32;
    #[link_name = "lrs_mtmd_input_chunk_load"]
    pub fn mtmd_input_chunk_load(
        buf: *const ::std::os::raw::c_char,
        len: usize,
    ) -> *mut mtmd_input_chunk;
    #[link_name = "lrs_mtmd_image_tokens_get_n_tokens"]
    pub fn mtmd_image_tokens_get_n_tokens(
        image_tokens: *const mtmd_image_tokens,
    ) -> usize;
    #[link_name = "lrs_mtmd_image_tokens_get_id"]
    pub fn mtmd_image_tokens_get_id(
        image_tokens: *const mtmd_image_tokens,
    ) -> *const ::std::os::raw::c_char;
    #[link_name = "lrs_mtmd_image_tokens_get_n_pos"]
    pub fn mtmd_image_tokens_get_n_pos(
        image_tokens: *const mtmd_image_tokens,
    ) -> llama_pos;
    #[link_name = "lrs_mtmd_image_tokens_get_nx"]
    pub fn mtmd_image_tokens_get_nx(image_tokens: *const mtmd_image_tokens) -> usize;
    #[link_name = "lrs_mtmd_image_tokens_get_ny"]
    pub fn mtmd_image_tokens_get_ny(image_tokens: *const mtmd_image_tokens) -> usize;
    #[link_name = "lrs_mtmd_image_tokens_get_decoder_pos"]
    pub fn mtmd_image_tokens_get_decoder_pos(
        image_tokens: *const mtmd_image_tokens,
        pos_0: llama_pos,
        i: usize,
    ) -> mtmd_decoder_pos;
    #[link_name = "lrs_mtmd_tokenize"]
    pub fn mtmd_tokenize(
        ctx: *const mtmd_context,
        output: *mut mtmd_input_chunks,
        text: *const mtmd_input_text,
        bitmaps: *const *const mtmd_bitmap,
        n_bitmaps: usize,
    ) -> i32;
    #[link_name = "lrs_mtmd_tokenize_from_parts"]
    pub fn mtmd_tokenize_from_parts(
        ctx: *const mtmd_context,
        output: *mut mtmd_input_chunks,
        parts: *const *const mtmd_input_part,
        n_parts: usize,
        add_special: bool,
    ) -> i32;
    #[link_name = "lrs_mtmd_encode"]
    pub fn mtmd_encode(
        ctx: *mut mtmd_context,
        image_tokens: *const mtmd_image_tokens,
    ) -> i32;
    #[link_name = "lrs_mtmd_encode_chunk"]
    pub fn mtmd_encode_chunk(
        ctx: *mut mtmd_context,
        chunk: *const mtmd_input_chunk,
    ) -> i32;
    #[link_name = "lrs_mtmd_get_output_embd"]
    pub fn mtmd_get_output_embd(ctx: *mut mtmd_context) -> *mut f32;
    #[link_name = "lrs_mtmd_batch_init"]
    pub fn mtmd_batch_init(ctx: *mut mtmd_context) -> *mut mtmd_batch;
    #[link_name = "lrs_mtmd_batch_free"]
    pub fn mtmd_batch_free(batch: *mut mtmd_batch);
    #[link_name = "lrs_mtmd_batch_add_chunk"]
    pub fn mtmd_batch_add_chunk(
        batch: *mut mtmd_batch,
        chunk: *const mtmd_input_chunk,
    ) -> i32;
    #[link_name = "lrs_mtmd_batch_encode"]
    pub fn mtmd_batch_encode(batch: *mut mtmd_batch) -> i32;
    #[link_name = "lrs_mtmd_batch_get_output_embd"]
    pub fn mtmd_batch_get_output_embd(
        batch: *mut mtmd_batch,
        chunk: *const mtmd_input_chunk,
    ) -> *mut f32;
    #[link_name = "lrs_mtmd_log_set"]
    pub fn mtmd_log_set(
        log_callback: ggml_log_callback,
        user_data: *mut ::std::os::raw::c_void,
    );
    #[link_name = "lrs_mtmd_get_cap_from_file"]
    pub fn mtmd_get_cap_from_file(
        mmproj_fname: *const ::std::os::raw::c_char,
    ) -> mtmd_caps;
    #[link_name = "lrs_mtmd_gen_audio_get_info"]
    pub fn mtmd_gen_audio_get_info(ctx: *const mtmd_context) -> mtmd_gen_audio_info;
    #[link_name = "lrs_mtmd_gen_inp_default"]
    pub fn mtmd_gen_inp_default(ctx: *const mtmd_context) -> mtmd_gen_inp;
    #[link_name = "lrs_mtmd_gen_audio_process"]
    pub fn mtmd_gen_audio_process(
        ctx: *mut mtmd_context,
        inp: *const mtmd_gen_inp,
        out: *mut mtmd_gen_out,
    ) -> i32;
    #[link_name = "lrs_mtmd_test_create_input_chunks"]
    pub fn mtmd_test_create_input_chunks() -> *mut mtmd_input_chunks;
    #[link_name = "lrs_mtmd_helper_video_init_params_default"]
    pub fn mtmd_helper_video_init_params_default() -> mtmd_helper_video_init_params;
    #[link_name = "lrs_mtmd_helper_init_opt_default"]
    pub fn mtmd_helper_init_opt_default() -> mtmd_helper_init_opt;
    #[link_name = "lrs_mtmd_helper_log_set"]
    pub fn mtmd_helper_log_set(
        log_callback: ggml_log_callback,
        user_data: *mut ::std::os::raw::c_void,
    );
    #[link_name = "lrs_mtmd_helper_support_video"]
    pub fn mtmd_helper_support_video(ctx: *const mtmd_context) -> bool;
    #[link_name = "lrs_mtmd_helper_bitmap_init_from_file"]
    pub fn mtmd_helper_bitmap_init_from_file(
        ctx: *const mtmd_context,
        fname: *const ::std::os::raw::c_char,
        placeholder: bool,
        opt: mtmd_helper_init_opt,
    ) -> mtmd_helper_bitmap_wrapper;
    #[link_name = "lrs_mtmd_helper_bitmap_init_from_buf"]
    pub fn mtmd_helper_bitmap_init_from_buf(
        ctx: *const mtmd_context,
        buf: *const ::std::os::raw::c_uchar,
        len: usize,
        placeholder: bool,
        opt: mtmd_helper_init_opt,
    ) -> mtmd_helper_bitmap_wrapper;
    #[link_name = "lrs_mtmd_helper_get_n_tokens"]
    pub fn mtmd_helper_get_n_tokens(chunks: *const mtmd_input_chunks) -> usize;
    #[link_name = "lrs_mtmd_helper_get_n_pos"]
    pub fn mtmd_helper_get_n_pos(chunks: *const mtmd_input_chunks) -> llama_pos;
    #[link_name = "lrs_mtmd_helper_image_get_decoder_pos"]
    pub fn mtmd_helper_image_get_decoder_pos(
        image: *const mtmd_image_tokens,
        pos_0: llama_pos,
        out_pos: *mut mtmd_decoder_pos,
    );
    #[link_name = "lrs_mtmd_helper_eval_chunks"]
    pub fn mtmd_helper_eval_chunks(
        ctx: *mut mtmd_context,
        lctx: *mut llama_context,
        chunks: *const mtmd_input_chunks,
        n_past: llama_pos,
        seq_id: llama_seq_id,
        n_batch: i32,
        logits_last: bool,
        new_n_past: *mut llama_pos,
    ) -> i32;
    #[link_name = "lrs_mtmd_helper_eval_chunk_single"]
    pub fn mtmd_helper_eval_chunk_single(
        ctx: *mut mtmd_context,
        lctx: *mut llama_context,
        chunk: *const mtmd_input_chunk,
        n_past: llama_pos,
        seq_id: llama_seq_id,
        n_batch: i32,
        logits_last: bool,
        new_n_past: *mut llama_pos,
    ) -> i32;
    #[link_name = "lrs_mtmd_helper_decode_image_chunk"]
    pub fn mtmd_helper_decode_image_chunk(
        ctx: *mut mtmd_context,
        lctx: *mut llama_context,
        chunk: *const mtmd_input_chunk,
        encoded_embd: *mut f32,
        n_past: llama_pos,
        seq_id: llama_seq_id,
        n_batch: i32,
        new_n_past: *mut llama_pos,
        callback: mtmd_helper_post_decode_callback,
        user_data: *mut ::std::os::raw::c_void,
    ) -> i32;
    #[link_name = "lrs_mtmd_helper_video_init"]
    pub fn mtmd_helper_video_init(
        mctx: *const mtmd_context,
        path: *const ::std::os::raw::c_char,
        params: mtmd_helper_video_init_params,
    ) -> *mut mtmd_helper_video;
    #[link_name = "lrs_mtmd_helper_video_init_from_buf"]
    pub fn mtmd_helper_video_init_from_buf(
        mctx: *const mtmd_context,
        buf: *const ::std::os::raw::c_uchar,
        len: usize,
        params: mtmd_helper_video_init_params,
    ) -> *mut mtmd_helper_video;
    #[link_name = "lrs_mtmd_helper_video_free"]
    pub fn mtmd_helper_video_free(ctx: *mut mtmd_helper_video);
    #[link_name = "lrs_mtmd_helper_video_get_info"]
    pub fn mtmd_helper_video_get_info(
        ctx: *const mtmd_helper_video,
    ) -> mtmd_helper_video_info;
    #[link_name = "lrs_mtmd_helper_video_read_next"]
    pub fn mtmd_helper_video_read_next(
        ctx: *mut mtmd_helper_video,
        out_bitmap: *mut *mut mtmd_bitmap,
        out_text: *mut *mut ::std::os::raw::c_char,
    ) -> i32;
    #[link_name = "lrs_mtmd_helper_model_can_chat"]
    pub fn mtmd_helper_model_can_chat(
        lctx: *const llama_context,
        mctx: *const mtmd_context,
    ) -> bool;
    #[link_name = "lrs_mtmd_helper_gen_audio_init"]
    pub fn mtmd_helper_gen_audio_init(
        lctx: *mut llama_context,
        mctx: *mut mtmd_context,
    ) -> *mut mtmd_helper_gen_audio;
    #[link_name = "lrs_mtmd_helper_gen_audio_free"]
    pub fn mtmd_helper_gen_audio_free(ctx: *mut mtmd_helper_gen_audio);
    #[link_name = "lrs_mtmd_helper_gen_audio_reset"]
    pub fn mtmd_helper_gen_audio_reset(ctx: *mut mtmd_helper_gen_audio);
    #[link_name = "lrs_mtmd_helper_gen_audio_set_input"]
    pub fn mtmd_helper_gen_audio_set_input(
        ctx: *mut mtmd_helper_gen_audio,
        inp: *const mtmd_helper_gen_audio_inp,
    ) -> i32;
    #[link_name = "lrs_mtmd_helper_gen_audio_step_prompt"]
    pub fn mtmd_helper_gen_audio_step_prompt(
        ctx: *mut mtmd_helper_gen_audio,
        n_batch: i32,
    ) -> i32;
    #[link_name = "lrs_mtmd_helper_gen_audio_step_gen"]
    pub fn mtmd_helper_gen_audio_step_gen(
        ctx: *mut mtmd_helper_gen_audio,
        sampled: llama_token,
        h_state_in: *const f32,
        h_state_out: *mut *const f32,
        out_stop: *mut bool,
    ) -> i32;
    #[link_name = "lrs_mtmd_helper_gen_audio_get_output"]
    pub fn mtmd_helper_gen_audio_get_output(
        ctx: *mut mtmd_helper_gen_audio,
        out_sample_rate: *mut i32,
        out_data: *mut *const ::std::os::raw::c_char,
        out_data_len: *mut usize,
        out_n_samples: *mut i64,
    ) -> i32;
}
